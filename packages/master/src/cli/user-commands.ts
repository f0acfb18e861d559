import type { AccountId, UserId } from '@hiscrm/shared/model/ids.ts';
import { ROLES, type Role } from '@hiscrm/shared/model/visibility.ts';
import type { Auth, UserInfo } from '../auth/auth.ts';
import { type CliCall, type CliCommand, type CliIo, UsageError } from './command.ts';
import { callMaster, folderOf, withoutMaster } from './master-client.ts';
import { table } from './table.ts';

/** Who did it, in audit lines. */
const BY = 'hiscrm-cli';
/** A password is one line; more is not read. */
const STDIN_LIMIT_CHARS = 10_000;

type Way = {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: object;
  readonly direct: (auth: Auth) => unknown;
};

/** Through the running Master, so that open sessions feel it; else in the data folder. */
export async function perform(call: CliCall, { method, path, body, direct }: Way): Promise<unknown> {
  const folder = folderOf(call);
  const answer = await callMaster(folder, method, path, body);
  return answer === 'notRunning' ? withoutMaster(folder, direct) : answer.data;
}

const ROLE_HELP = `${ROLES.join(', ')}`;
const passwordOption = {
  'password-stdin': { type: 'boolean', help: 'read the password from standard input (the only way)' },
} as const;

const add: CliCommand = {
  name: 'user add',
  usage: '<name> --role <role> --password-stdin',
  summary: 'Adds a user.',
  options: {
    role: { type: 'string', help: `${ROLE_HELP}; default viewer` },
    grants: { type: 'string', help: 'all, or account ids separated by commas; default all' },
    id: { type: 'string', help: 'under which another system knows the user' },
    ...passwordOption,
  },
  argCount: [1, 1],
  run: async (call) => {
    const id = call.values.id as UserId | undefined; // checked where the user is made
    const role = roleOf(call.values.role ?? 'viewer');
    const grants = grantsOf(call.values.grants ?? 'all');
    const user = { username: call.args[0] ?? '', password: await passwordOf(call), role, grants, ...(id && { id }) };
    const added = await perform(call, {
      method: 'POST',
      path: '/api/admin/users',
      body: user,
      direct: (auth) => auth.addUser(user, BY),
    });
    return { text: `added ${user.username} as ${role}`, json: added };
  },
};

const list: CliCommand = {
  name: 'user list',
  usage: '',
  summary: 'All users.',
  argCount: [0, 0],
  run: async (call) => {
    const users = (await perform(call, {
      method: 'GET',
      path: '/api/admin/users',
      direct: (auth) => auth.users(),
    })) as readonly UserInfo[]; // the same program's own answer
    const rows = users.map(({ username, role, grants }) => [
      username,
      role,
      grants === 'all' ? 'all' : grants.join(','),
    ]);
    return { text: table(['USER', 'ROLE', 'GRANTS'], rows), json: users };
  },
};

const role: CliCommand = {
  name: 'user role',
  usage: '<name> <role>',
  summary: `Gives the user another role: ${ROLE_HELP}.`,
  argCount: [2, 2],
  run: (call) => change(call, { role: roleOf(call.args[1]) }),
};

const grant: CliCommand = {
  name: 'user grant',
  usage: '<name> <all | account ids separated by commas>',
  summary: 'Says which accounts the user may see. An empty text takes all away.',
  argCount: [2, 2],
  run: (call) => change(call, { grants: grantsOf(call.args[1] ?? '') }),
};

const password: CliCommand = {
  name: 'user password',
  usage: '<name> --password-stdin',
  summary: 'Sets another password and ends the user’s sessions.',
  options: passwordOption,
  argCount: [1, 1],
  run: async (call) => {
    const [username = ''] = call.args;
    const text = await passwordOf(call);
    await perform(call, {
      method: 'PATCH',
      path: pathOf(username),
      body: { password: text },
      direct: (auth) => auth.setPassword(username, text, BY),
    });
    return { text: `set the password of ${username}`, json: { username } };
  },
};

const remove: CliCommand = {
  name: 'user remove',
  usage: '<name>',
  summary: 'Removes the user and ends the user’s sessions.',
  argCount: [1, 1],
  run: async (call) => {
    const [username = ''] = call.args;
    await perform(call, { method: 'DELETE', path: pathOf(username), direct: (auth) => auth.removeUser(username, BY) });
    return { text: `removed ${username}`, json: { username } };
  },
};

export const userCommands: readonly CliCommand[] = [add, list, role, grant, password, remove];

async function change(
  call: CliCall,
  patch: { readonly role?: Role; readonly grants?: 'all' | readonly AccountId[] },
): Promise<{ readonly text: string; readonly json: unknown }> {
  const [username = ''] = call.args;
  const user = await perform(call, {
    method: 'PATCH',
    path: pathOf(username),
    body: patch,
    direct: (auth) => auth.changeUser(username, patch, BY),
  });
  return { text: `changed ${username}`, json: user };
}

const pathOf = (username: string): string => `/api/admin/users/${encodeURIComponent(username)}`;

function roleOf(text: string | boolean | undefined): Role {
  const found = ROLES.find((known) => known === text);
  if (!found) throw new UsageError(`a role is one of ${ROLE_HELP}`);
  return found;
}

function grantsOf(text: string | boolean): 'all' | readonly AccountId[] {
  if (typeof text !== 'string') throw new UsageError('grants are all, or account ids separated by commas');
  if (text === 'all') return 'all';
  const ids = text.split(',').filter((id) => id !== '');
  if (ids.some((id) => !/^[A-Za-z0-9_-]{1,80}$/.test(id)))
    throw new UsageError('an account id has letters, digits, _ and -');
  return ids as AccountId[]; // just checked
}

async function passwordOf({ io, values }: CliCall): Promise<string> {
  if (values['password-stdin'] !== true) {
    throw new UsageError(
      'give --password-stdin and the password on standard input: arguments are seen by everybody on the machine',
    );
  }
  const [line = ''] = (await readAll(io)).split(/\r?\n/, 1);
  if (line === '') throw new UsageError('standard input holds no password');
  return line;
}

async function readAll({ stdin }: CliIo): Promise<string> {
  let text = '';
  for await (const chunk of stdin) {
    text += String(chunk);
    if (text.length > STDIN_LIMIT_CHARS) break;
  }
  return text;
}
