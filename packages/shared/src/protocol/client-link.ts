/**
 * The native client protocol: `GET /ws`, subprotocol `hiscrm.v1`, one JSON object a text frame.
 *
 *   client                          server
 *   hello {resume?} ─────────────▶  welcome
 *                  ◀─────────────   snapshot            (no resume, or after a reset)
 *                  ◀─────────────   changes from…upTo   (what was missed, then live)
 *   query, command ──────────────▶  answer | done | refused
 *   shown {upTo} ────────────────▶                       (a page drew it; never answered)
 *
 * Rules. `changes` frames join without a hole: `from` is the previous `upTo` (the snapshot's `seq` for the first). Rows that
 * the user may not see are left out, `upTo` still moves. `topics` and `accounts` are the counters after the frame's rows.
 * When the server cannot join a client (too old, too slow, another epoch) it says `reset` and a snapshot follows: the
 * client forgets its state and takes the start-up path. An `answer` is true as of `asOf`, which is never behind the last
 * `changes` frame sent before it.
 */
import Type, { type Static } from 'typebox';
import { changeSchema, type LoggedChange } from '../model/change.ts';
import { epochSchema, seqSchema, timeMsSchema } from '../model/ids.ts';
import { messageIdSchema } from '../model/notice.ts';
import { isNoticeChange } from '../model/notice-change.ts';
import type { AccountRecord, WorkerRecord } from '../model/records.ts';
import { type AccountSummary, accountSummarySchema, topicSummarySchema } from '../model/summary.ts';
import { COMMANDS, type CommandName, commandKeySchema } from './commands.ts';
import { wireErrorSchema } from './errors.ts';
import { noticeFrameSchema } from './notice-link.ts';
import { QUERIES, type QueryName } from './queries.ts';

export const CLIENT_SUBPROTOCOL = 'hiscrm.v1';
export const CLIENT_PATH = '/ws';
/** A client frame is at most this: a reply of 2,000 characters fits many times over. */
export const CLIENT_FRAME_LIMIT_BYTES = 64 * 1024;
/** The client sends `ping` when it has sent nothing for so long. */
export const CLIENT_HEARTBEAT_MS = 20_000;
/** Servers of older protocols do not know `shown`. */
export const SHOWN_SINCE_PROTOCOL = 2;
/** A client says at most once in so long what it has shown. */
export const SHOWN_PERIOD_MS = 1_000;
/** What was drawn longer ago is not told. */
export const SHOWN_AGO_LIMIT_MS = 60_000;

const strict = { additionalProperties: false } as const;
const requestId = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });

export const helloSchema = Type.Object(
  {
    type: Type.Literal('hello'),
    protocol: Type.Integer({ minimum: 1 }),
    client: Type.Object({ name: Type.String({ maxLength: 60 }), version: Type.String({ maxLength: 40 }) }, strict),
    resume: Type.Optional(Type.Object({ epoch: epochSchema, seq: seqSchema }, strict)),
    /** Asks for notices: those above `offset`, or without it those that nobody acknowledged. */
    notices: Type.Optional(Type.Object({ offset: Type.Optional(seqSchema) }, strict)),
  },
  strict,
);

const querySchemas = (Object.keys(QUERIES) as QueryName[]).map((name) =>
  Type.Object(
    { type: Type.Literal('query'), id: requestId, name: Type.Literal(name), params: QUERIES[name].params },
    strict,
  ),
);
const commandSchemas = (Object.keys(COMMANDS) as CommandName[]).map((name) =>
  Type.Object(
    {
      type: Type.Literal('command'),
      id: requestId,
      key: commandKeySchema,
      name: Type.Literal(name),
      params: COMMANDS[name].params,
    },
    strict,
  ),
);

type QueryFrame = {
  [N in QueryName]: { type: 'query'; id: number; name: N; params: Static<(typeof QUERIES)[N]['params']> };
}[QueryName];
type CommandFrame = {
  [N in CommandName]: {
    type: 'command';
    id: number;
    key: string;
    name: N;
    params: Static<(typeof COMMANDS)[N]['params']>;
  };
}[CommandName];

export const querySchema = Type.Unsafe<QueryFrame>(Type.Union(querySchemas));
export const commandSchema = Type.Unsafe<CommandFrame>(Type.Union(commandSchemas));
export const pingSchema = Type.Object({ type: Type.Literal('ping') }, strict);
/**
 * A visible page has drawn everything up to `upTo`; `agoMs` ago, so that neither clock nor throttle counts. Only for a server
 * that welcomes with SHOWN_SINCE_PROTOCOL or above; not answered.
 */
export const shownSchema = Type.Object(
  { type: Type.Literal('shown'), upTo: seqSchema, agoMs: Type.Integer({ minimum: 0, maximum: SHOWN_AGO_LIMIT_MS }) },
  strict,
);

/** Everything a client may send. */
export const clientUpSchema = Type.Union([helloSchema, querySchema, commandSchema, pingSchema, shownSchema]);
export type ClientUp = Static<typeof clientUpSchema>;
export type Hello = Static<typeof helloSchema>;

export const resetReasonSchema = Type.Union([
  Type.Literal('tooOld'),
  Type.Literal('tooSlow'),
  Type.Literal('otherEpoch'),
  Type.Literal('grantsChanged'),
]);
export type ResetReason = Static<typeof resetReasonSchema>;

export const welcomeSchema = Type.Object(
  {
    type: Type.Literal('welcome'),
    protocol: Type.Integer(),
    connectionId: Type.String(),
    epoch: epochSchema,
    user: Type.Object({ id: Type.String(), username: Type.String(), role: Type.String() }, strict),
    serverTime: timeMsSchema,
    heartbeatMs: Type.Integer({ minimum: 1 }),
    serverVersion: Type.String(),
  },
  strict,
);

/** Accounts with their counters; topics and items are asked for when a screen shows them. */
export type AccountView = { readonly record: AccountRecord; readonly summary: AccountSummary };
export const snapshotSchema = Type.Object(
  {
    type: Type.Literal('snapshot'),
    epoch: epochSchema,
    seq: seqSchema,
    accounts: Type.Array(
      Type.Unsafe<AccountView>(Type.Object({ record: Type.Any(), summary: accountSummarySchema }, strict)),
    ),
    workers: Type.Array(Type.Unsafe<WorkerRecord>(Type.Any())),
  },
  strict,
);

/** A row as clients get it: rows about notices are sent to nobody as they are (`audienceOf`). */
export const sentRowSchema = Type.Object(
  {
    seq: seqSchema,
    at: timeMsSchema,
    change: Type.Union(changeSchema.anyOf.filter(({ properties }) => !isNoticeChange({ kind: properties.kind.const }))),
  },
  strict,
);

export const changesSchema = Type.Object(
  {
    type: Type.Literal('changes'),
    from: seqSchema,
    upTo: seqSchema,
    rows: Type.Array(Type.Unsafe<LoggedChange>(sentRowSchema)),
    topics: Type.Array(topicSummarySchema),
    accounts: Type.Array(accountSummarySchema),
  },
  strict,
);
export const answerSchema = Type.Object(
  { type: Type.Literal('answer'), id: requestId, asOf: seqSchema, result: Type.Unknown() },
  strict,
);
export const doneSchema = Type.Object({ type: Type.Literal('done'), id: requestId, result: Type.Unknown() }, strict);
/** A query or command was refused; without `id` the frame itself could not be read. */
export const refusedSchema = Type.Object(
  { type: Type.Literal('refused'), id: Type.Optional(requestId), error: wireErrorSchema },
  strict,
);
export const resetSchema = Type.Object({ type: Type.Literal('reset'), reason: resetReasonSchema }, strict);
export const pongSchema = Type.Object({ type: Type.Literal('pong') }, strict);
/** The last frame before the server closes; the close code says the same in a number. */
export const byeSchema = Type.Object(
  {
    type: Type.Literal('bye'),
    code: Type.Integer(),
    reason: Type.String(),
    reconnectAfterMs: Type.Optional(Type.Integer({ minimum: 0 })),
  },
  strict,
);

/**
 * System notices, for who asked for them in the hello: new ones by rising offset, ids of those taken back, and the user's
 * count of unread ones, which also changes when another device reads. A notice is delivered once `markNotices` says so: best
 * for several at once, as each command costs the server a write.
 */
export const noticesSchema = Type.Object(
  {
    type: Type.Literal('notices'),
    notices: Type.Array(noticeFrameSchema),
    withdrawn: Type.Array(messageIdSchema),
    unreadCount: Type.Integer({ minimum: 0 }),
  },
  strict,
);

/** Everything the server may send. */
export const clientDownSchema = Type.Union([
  welcomeSchema,
  snapshotSchema,
  changesSchema,
  answerSchema,
  doneSchema,
  refusedSchema,
  resetSchema,
  pongSchema,
  byeSchema,
  noticesSchema,
]);
export type ClientDown = Static<typeof clientDownSchema>;
export type DownOf<T extends ClientDown['type']> = Extract<ClientDown, { type: T }>;
