/** Every setting of the Master, once: its environment name, its schema, its default, and what it is for. */
import { resolve } from 'node:path';
import { parserOf } from '@hiscrm/shared/protocol/validate.ts';
import Type, { type Static, type TSchema } from 'typebox';
import { NOTICE_SETTINGS } from './config/notice-settings.ts';
import type { Setting } from './config/setting.ts';

const onOff = Type.Boolean();
const optionalText = (maxLength: number) => Type.Optional(Type.String({ minLength: 1, maxLength }));

export const SETTINGS = {
  port: {
    env: 'PORT',
    flag: 'port',
    schema: Type.Integer({ minimum: 0, maximum: 65_535 }),
    default: '3000',
    description: 'Port for everything: web client, REST, sockets. 0 takes a free one.',
  },
  host: {
    env: 'HOST',
    flag: 'host',
    schema: Type.String({ minLength: 1, maxLength: 255 }),
    default: '127.0.0.1',
    description: 'Address to listen on. 0.0.0.0 serves the network; put TLS in front of it.',
  },
  dataDir: {
    env: 'HISCRM_DATA_DIR',
    flag: 'data-dir',
    schema: Type.String({ minLength: 1, maxLength: 1_000 }),
    default: './data',
    description: 'Folder of the database, the keys and the lock. One Master at a time.',
  },
  adminPassword: {
    env: 'HISCRM_ADMIN_PASSWORD',
    schema: Type.Optional(Type.String({ minLength: 8, maxLength: 200 })),
    description: 'Password of the user admin, read at the first start only. Without it one is made and printed once.',
    isSecret: true,
  },
  secretKey: {
    env: 'HISCRM_SECRET_KEY',
    schema: Type.Optional(Type.String({ pattern: '^([0-9a-fA-F]{64}|[A-Za-z0-9+/]{43}=)$' })),
    description:
      'Key for secrets at rest: 32 bytes as hex or base64. Without it the file secret-key in the data folder.',
    isSecret: true,
  },
  localWorkers: {
    env: 'HISCRM_LOCAL_WORKERS',
    flag: 'local-workers',
    schema: Type.Integer({ minimum: 0, maximum: 16 }),
    default: '1',
    description: 'Workers started and watched by the Master on this machine. 0 = none.',
  },
  compatAnonymous: {
    env: 'HISCRM_COMPAT_ANONYMOUS',
    schema: onOff,
    default: '0',
    description: 'Serve existing clients that cannot log in, on loopback only.',
  },
  trustProxy: {
    env: 'HISCRM_TRUST_PROXY',
    schema: onOff,
    default: '0',
    description: 'Believe X-Forwarded-For and X-Forwarded-Proto of a reverse proxy on this machine.',
  },
  allowedOrigins: {
    env: 'HISCRM_ALLOWED_ORIGINS',
    schema: Type.String({ maxLength: 4_000 }),
    default: '',
    description: 'Web origins besides our own that may send requests, separated by commas.',
  },
  maxConnections: {
    env: 'HISCRM_MAX_CONNECTIONS',
    schema: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
    default: '10000',
    description: 'Open client sockets at most; one more is refused with 503.',
  },
  clientGoneMs: {
    env: 'HISCRM_CLIENT_GONE_MS',
    schema: Type.Integer({ minimum: 5_000, maximum: 3_600_000 }),
    default: '25000',
    description: 'A client or notice socket unheard for so long, pings unanswered, is closed; its user counts as gone.',
  },
  databaseUrl: {
    env: 'DATABASE_URL',
    schema: optionalText(4_000),
    description: 'Not supported yet: the log is SQLite in the data folder. Leave it empty.',
    isSecret: true,
  },
  redisUrl: {
    env: 'REDIS_URL',
    schema: optionalText(4_000),
    description: 'Not supported yet: one Master serves all. Leave it empty.',
    isSecret: true,
  },
  directoryUrl: {
    env: 'HISCRM_DIRECTORY_URL',
    schema: Type.Optional(Type.String({ maxLength: 4_000, pattern: '^(postgres|postgresql|mysql|mariadb)://' })),
    description: 'Database of another system whose users notices are for too, as postgres://, mysql:// or mariadb://.',
    isSecret: true,
  },
  directoryQuery: {
    env: 'HISCRM_DIRECTORY_QUERY',
    schema: Type.String({ minLength: 1, maxLength: 10_000 }),
    default: 'SELECT id, username, role FROM users WHERE is_active',
    description: 'One SELECT for its users, with the columns id, username and role.',
  },
  directoryTtlMs: {
    env: 'HISCRM_DIRECTORY_TTL_MS',
    schema: Type.Integer({ minimum: 1_000, maximum: 86_400_000 }),
    default: '60000',
    description: 'Its users are read again after this long.',
  },
  ...NOTICE_SETTINGS,
  chromiumPath: {
    env: 'CHROMIUM_PATH',
    schema: optionalText(1_000),
    description: 'The browser that Workers drive. Without it an installed Chrome or Chromium, else the packaged one.',
  },
  logLevel: {
    env: 'LOG_LEVEL',
    flag: 'log-level',
    schema: Type.Union(
      ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'].map((level) => Type.Literal(level)),
    ),
    default: 'info',
    description: 'fatal, error, warn, info, debug, trace or silent.',
  },
} as const satisfies Record<string, Setting>;

type SettingName = keyof typeof SETTINGS;
type Raw = { readonly [N in SettingName]: Static<(typeof SETTINGS)[N]['schema']> };

/** The settings in force. Folders are absolute. */
export type Config = Omit<Raw, 'allowedOrigins' | 'databaseUrl' | 'redisUrl' | 'logLevel'> & {
  readonly logLevel: string;
  readonly allowedOrigins: readonly string[];
};

/** A setting that cannot be used. The message names it and says what to do. */
export class ConfigError extends Error {}

/** Names that only a process on this machine can reach. */
const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

/**
 * Reads flags first, then the environment, then defaults; an empty value counts as absent.
 * Throws ConfigError on the first value that cannot be used.
 */
export function readConfig(
  env: Readonly<Record<string, string | undefined>>,
  flags: Readonly<Record<string, string | undefined>> = {},
): Config {
  const raw = Object.fromEntries(
    Object.entries(SETTINGS).map(([name, setting]) => [name, readSetting(setting, env, flags)]),
  ) as unknown as Raw; // each value was checked against its own schema
  refuseUnsupported(raw);
  refuseDirectory(raw);
  const { allowedOrigins, databaseUrl: _database, redisUrl: _redis, ...rest } = raw;
  return {
    ...rest,
    logLevel: String(raw.logLevel),
    dataDir: resolve(raw.dataDir),
    allowedOrigins: allowedOrigins.split(',').flatMap(readOrigin),
  };
}

function readSetting(
  setting: Setting,
  env: Readonly<Record<string, string | undefined>>,
  flags: Readonly<Record<string, string | undefined>>,
): unknown {
  const flag = setting.flag === undefined ? undefined : flags[setting.flag];
  const text = flag || env[setting.env] || setting.default;
  const value = fromText(text, setting.schema);
  const parsed = parserOf(setting.schema)(value);
  // An optional schema describes the value when it is there; absence is fine.
  if (parsed.ok || (value === undefined && setting.default === undefined)) return value;
  const name = flag ? `--${setting.flag}` : setting.env;
  const shown = setting.isSecret ? 'is not usable' : `is ${JSON.stringify(text)}`;
  throw new ConfigError(`${name} ${shown}: ${parsed.reason}. ${setting.description}`);
}

function fromText(text: string | undefined, schema: TSchema): unknown {
  if (text === undefined || !('type' in schema)) return text;
  if (schema.type === 'integer') return /^-?\d+$/.test(text) ? Number(text) : text;
  if (schema.type === 'boolean') return ({ '1': true, true: true, '0': false, false: false } as const)[text] ?? text;
  return text;
}

function refuseUnsupported(raw: Raw): void {
  if (raw.databaseUrl !== undefined) {
    throw new ConfigError('DATABASE_URL is set, but PostgreSQL is not supported yet. Unset it to use SQLite.');
  }
  if (raw.redisUrl !== undefined) {
    throw new ConfigError('REDIS_URL is set, but several Masters are not supported yet. Unset it.');
  }
  if (raw.compatAnonymous && !LOOPBACK.has(raw.host)) {
    throw new ConfigError(
      `HISCRM_COMPAT_ANONYMOUS=1 serves everybody who can connect, so it needs HOST=127.0.0.1; HOST is ${raw.host}.`,
    );
  }
}

function refuseDirectory({ directoryUrl, directoryQuery }: Raw): void {
  if (directoryUrl !== undefined && !URL.canParse(directoryUrl)) {
    throw new ConfigError(
      'HISCRM_DIRECTORY_URL is no address; write postgres://user:password@host:5432/database, with %40 for an @ in the password.',
    );
  }
  // It is put into a query that bounds it.
  if (!/^\s*(SELECT|WITH)\s/i.test(directoryQuery) || directoryQuery.includes(';')) {
    throw new ConfigError('HISCRM_DIRECTORY_QUERY must be one SELECT (or WITH … SELECT), without a semicolon.');
  }
}

function readOrigin(text: string): string[] {
  const trimmed = text.trim();
  if (trimmed === '') return [];
  const origin = URL.canParse(trimmed) ? new URL(trimmed).origin : 'null';
  if (origin !== 'null') return [origin];
  throw new ConfigError(
    `HISCRM_ALLOWED_ORIGINS holds ${JSON.stringify(trimmed)}; write origins as https://crm.example`,
  );
}
