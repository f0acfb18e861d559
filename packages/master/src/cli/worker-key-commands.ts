import type { WorkerKeyInfo } from '../auth/auth.ts';
import type { CliCommand } from './command.ts';
import { table } from './table.ts';
import { perform } from './user-commands.ts';

/** Who did it, in audit lines. */
const BY = 'hiscrm-cli';

const add: CliCommand = {
  name: 'worker-key add',
  usage: '<name>',
  summary: 'Makes a key for a Worker and prints it, alone. It is never shown again.',
  argCount: [1, 1],
  run: async (call) => {
    const [name = ''] = call.args;
    const made = (await perform(call, {
      method: 'POST',
      path: '/api/admin/worker-keys',
      body: { name },
      direct: (auth) => ({ name, key: auth.addWorkerKey(name, BY) }),
    })) as { readonly key: string }; // the same program's own answer
    return { text: made.key, json: made };
  },
};

const list: CliCommand = {
  name: 'worker-key list',
  usage: '',
  summary: 'Names of the Worker keys.',
  argCount: [0, 0],
  run: async (call) => {
    const keys = (await perform(call, {
      method: 'GET',
      path: '/api/admin/worker-keys',
      direct: (auth) => auth.workerKeys(),
    })) as readonly WorkerKeyInfo[]; // the same program's own answer
    const rows = keys.map(({ name, createdAt }) => [name, new Date(createdAt).toISOString()]);
    return { text: table(['KEY', 'MADE'], rows), json: keys };
  },
};

const revoke: CliCommand = {
  name: 'worker-key revoke',
  usage: '<name>',
  summary: 'Revokes a key and cuts the Workers that use it.',
  argCount: [1, 1],
  run: async (call) => {
    const [name = ''] = call.args;
    await perform(call, {
      method: 'DELETE',
      path: `/api/admin/worker-keys/${encodeURIComponent(name)}`,
      direct: (auth) => auth.revokeWorkerKey(name, BY),
    });
    return { text: `revoked ${name}`, json: { name } };
  },
};

export const workerKeyCommands: readonly CliCommand[] = [add, list, revoke];
