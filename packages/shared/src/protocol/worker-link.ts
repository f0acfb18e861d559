/**
 * The Worker link: Socket.IO namespace `/worker`, event `message`, one envelope each way, answered by the acknowledgement
 * callback. The envelope is the deployed system's, so both kinds of Worker share one door; a register payload that holds
 * `protocol` is one of ours.
 *
 * Rules. A batch is acknowledged only after the log made it durable; a Worker keeps it until that acknowledgement names it
 * and sends it again after every reconnect, oldest first. A batch stays under WORKER_BATCH_LIMIT_BYTES, so a sync of any
 * size is many batches; the last one of a sync says so. Every batch carries the lease token it was read under: an older
 * token than the Master's is refused with STALE_LEASE and the Worker stops driving the account.
 */
import Type, { type Static, type TSchema } from 'typebox';
import { accountNameSchema, platformSchema, workerReportSchema } from '../model/change.ts';
import {
  accountIdSchema,
  epochSchema,
  itemIdSchema,
  replyIdSchema,
  seqSchema,
  timeMsSchema,
  workerIdSchema,
} from '../model/ids.ts';
import { REPLY_TEXT_LIMIT_CHARS } from '../model/reply.ts';
import { topicRefSchema } from '../model/topic-ref.ts';
import { wireErrorSchema } from './errors.ts';

export const WORKER_NAMESPACE = '/worker';
export const WORKER_EVENT = 'message';
/** The envelope's own version; it never changes, the register payload's `protocol` does. */
export const ENVELOPE_VERSION = 'v1';
export const WORKER_BATCH_LIMIT_BYTES = 512 * 1024;
export const WORKER_BATCH_LIMIT_COUNT = 500;
export const WORKER_HEARTBEAT_MS = 10_000;
/** A Worker unheard for so long is off line and its accounts go to others. */
export const WORKER_TIMEOUT_MS = 30_000;

export const WORKER_MESSAGE = {
  register: 'worker:register',
  heartbeat: 'worker:heartbeat',
  changes: 'worker:changes',
  assign: 'master:account:assign',
  revoke: 'master:account:revoke',
  reply: 'master:reply',
  sync: 'master:sync',
  login: 'master:login',
} as const;

const strict = { additionalProperties: false } as const;
const token = Type.Integer({ minimum: 1 });

/** An account to drive, and the right to write about it. */
export const assignmentSchema = Type.Object(
  {
    accountId: accountIdSchema,
    platform: platformSchema,
    name: accountNameSchema,
    leaseToken: token,
    /** Who the account is, once known: a login with another user is refused. */
    platformUserId: Type.Optional(Type.String()),
  },
  strict,
);
export type Assignment = Static<typeof assignmentSchema>;

export const registerPayloadSchema = Type.Object(
  {
    protocol: Type.Integer({ minimum: 1 }),
    workerId: workerIdSchema,
    name: Type.String({ maxLength: 100 }),
    version: Type.String({ maxLength: 40 }),
    platforms: Type.Array(platformSchema, { maxItems: 20 }),
    maxAccounts: Type.Integer({ minimum: 0, maximum: 1_000 }),
  },
  strict,
);
export const heartbeatPayloadSchema = Type.Object(
  {
    workerId: workerIdSchema,
    memoryBytes: Type.Integer({ minimum: 0 }),
    /** Batches kept and not yet acknowledged. */
    outboxCount: Type.Integer({ minimum: 0 }),
    accounts: Type.Array(Type.Object({ accountId: accountIdSchema, leaseToken: token }, strict), { maxItems: 1_000 }),
  },
  strict,
);
/** `sync` marks the batches of one reconciling pass: `part` counts from 1, `isLast` ends it. */
export const syncMarkSchema = Type.Object(
  {
    id: Type.String({ maxLength: 80 }),
    part: Type.Integer({ minimum: 1 }),
    isLast: Type.Boolean(),
    startedAt: timeMsSchema,
  },
  strict,
);
export const changesPayloadSchema = Type.Object(
  {
    accountId: accountIdSchema,
    leaseToken: token,
    batchId: Type.String({ minLength: 1, maxLength: 80 }),
    changes: Type.Array(workerReportSchema, { maxItems: WORKER_BATCH_LIMIT_COUNT }),
    sync: Type.Optional(syncMarkSchema),
    /**
     * When the Worker put the batch on disk. Held against the envelope's `timestamp`, both by the Worker's clock, it says how
     * long the batch waited, however wrong that clock is.
     */
    keptAt: Type.Optional(timeMsSchema),
  },
  strict,
);
export type ChangesPayload = Static<typeof changesPayloadSchema>;

export const revokePayloadSchema = Type.Object({ accountId: accountIdSchema, leaseToken: token }, strict);
/** One reply to send. The Worker answers `ok` once it has written it down, and reports the outcome as changes. */
export const replyPayloadSchema = Type.Object(
  {
    leaseToken: token,
    reply: Type.Object(
      {
        id: replyIdSchema,
        accountId: accountIdSchema,
        topic: topicRefSchema,
        toItemId: Type.Optional(itemIdSchema),
        text: Type.String({ minLength: 1, maxLength: REPLY_TEXT_LIMIT_CHARS }),
        requestedAt: timeMsSchema,
        /** What the target looked like, so that the page can be checked before anything is typed. */
        target: Type.Optional(
          Type.Object(
            {
              authorId: Type.Optional(Type.String()),
              authorName: Type.Optional(Type.String()),
              text: Type.Optional(Type.String()),
              at: Type.Optional(timeMsSchema),
              parentId: Type.Optional(itemIdSchema),
            },
            strict,
          ),
        ),
      },
      strict,
    ),
  },
  strict,
);
export type ReplyPayload = Static<typeof replyPayloadSchema>;
export const accountPayloadSchema = Type.Object({ accountId: accountIdSchema, leaseToken: token }, strict);

const envelope = <T extends string, P extends TSchema>(type: T, payload: P) =>
  Type.Object(
    {
      type: Type.Literal(type),
      version: Type.Literal(ENVELOPE_VERSION),
      payload,
      timestamp: timeMsSchema,
      requestId: Type.Optional(Type.String({ maxLength: 100 })),
    },
    strict,
  );

/** Everything a Worker of ours may send. */
export const workerUpSchema = Type.Union([
  envelope(WORKER_MESSAGE.register, registerPayloadSchema),
  envelope(WORKER_MESSAGE.heartbeat, heartbeatPayloadSchema),
  envelope(WORKER_MESSAGE.changes, changesPayloadSchema),
]);
export type WorkerUp = Static<typeof workerUpSchema>;

/** Everything the Master may send to a Worker of ours. */
export const workerDownSchema = Type.Union([
  envelope(WORKER_MESSAGE.assign, assignmentSchema),
  envelope(WORKER_MESSAGE.revoke, revokePayloadSchema),
  envelope(WORKER_MESSAGE.reply, replyPayloadSchema),
  envelope(WORKER_MESSAGE.sync, accountPayloadSchema),
  envelope(WORKER_MESSAGE.login, accountPayloadSchema),
]);
export type WorkerDown = Static<typeof workerDownSchema>;

const refused = Type.Object({ ok: Type.Literal(false), error: wireErrorSchema }, strict);

/** Answers, given through the acknowledgement callback. */
export const registerAnswerSchema = Type.Union([
  Type.Object(
    {
      ok: Type.Literal(true),
      epoch: epochSchema,
      heartbeatMs: Type.Integer({ minimum: 1 }),
      assignments: Type.Array(assignmentSchema),
      /** Replies that were asked for and have no outcome: each goes to the journal, which knows what became of it. */
      replies: Type.Array(replyPayloadSchema),
    },
    strict,
  ),
  refused,
]);
export type RegisterAnswer = Static<typeof registerAnswerSchema>;
export const changesAnswerSchema = Type.Union([
  Type.Object(
    {
      ok: Type.Literal(true),
      batchId: Type.String(),
      storedCount: Type.Integer({ minimum: 0 }),
      duplicateCount: Type.Integer({ minimum: 0 }),
      seq: seqSchema,
    },
    strict,
  ),
  refused,
]);
export type ChangesAnswer = Static<typeof changesAnswerSchema>;
export const plainAnswerSchema = Type.Union([Type.Object({ ok: Type.Literal(true) }, strict), refused]);
export type PlainAnswer = Static<typeof plainAnswerSchema>;
