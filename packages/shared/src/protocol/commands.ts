/** What a user may ask to be done: name → parameters and result. The same schemas serve the socket and REST. */
import Type, { type Static } from 'typebox';
import { accountNameSchema, platformSchema } from '../model/change.ts';
import { accountIdSchema, itemIdSchema, replyIdSchema, seqSchema } from '../model/ids.ts';
import { messageIdSchema } from '../model/notice.ts';
import { REPLY_TEXT_LIMIT_CHARS } from '../model/reply.ts';
import { itemKindSchema, topicRefSchema } from '../model/topic-ref.ts';
import type { Role } from '../model/visibility.ts';

const strict = { additionalProperties: false } as const;
const seqResult = Type.Object({ seq: seqSchema }, strict);

export const COMMANDS = {
  /** Everything in the topic that arrived up to `upToSeq` has been seen. Going back does nothing. */
  markRead: { params: Type.Object({ topic: topicRefSchema, upToSeq: seqSchema }, strict), result: seqResult },
  /** Pins, mutes or puts away a topic for everybody. What is not named stays. A topic put away is read as well. */
  markTopic: {
    params: Type.Object(
      {
        topic: topicRefSchema,
        isPinned: Type.Optional(Type.Boolean()),
        isMuted: Type.Optional(Type.Boolean()),
        isHidden: Type.Optional(Type.Boolean()),
      },
      strict,
    ),
    result: seqResult,
  },
  markItemsRead: {
    params: Type.Object(
      {
        accountId: accountIdSchema,
        itemKind: itemKindSchema,
        ids: Type.Array(itemIdSchema, { minItems: 1, maxItems: 1_000 }),
      },
      strict,
    ),
    result: seqResult,
  },
  /**
   * Asks the account's Worker to answer. The command's idempotency key is the reply's: repeated, it gives the first result.
   * `expectSeq` is the newest arrival that the writer had seen; when more has arrived, STALE_VIEW and nothing is sent.
   */
  sendReply: {
    params: Type.Object(
      {
        topic: topicRefSchema,
        toItemId: Type.Optional(itemIdSchema),
        text: Type.String({ minLength: 1, maxLength: REPLY_TEXT_LIMIT_CHARS }),
        expectSeq: Type.Optional(seqSchema),
      },
      strict,
    ),
    result: Type.Object({ seq: seqSchema, replyId: replyIdSchema }, strict),
  },
  /** A person looked at the platform and says what became of an unknown reply. */
  settleReply: {
    params: Type.Object({ replyId: replyIdSchema, wasSent: Type.Boolean() }, strict),
    result: seqResult,
  },
  addAccount: {
    params: Type.Object({ platform: platformSchema, name: accountNameSchema }, strict),
    result: Type.Object({ seq: seqSchema, accountId: accountIdSchema }, strict),
  },
  changeAccount: {
    params: Type.Object(
      { accountId: accountIdSchema, name: Type.Optional(accountNameSchema), isPaused: Type.Optional(Type.Boolean()) },
      strict,
    ),
    result: seqResult,
  },
  removeAccount: { params: Type.Object({ accountId: accountIdSchema }, strict), result: seqResult },
  /** The own notices reached a state; `all` is everything sent so far. States only rise. Ids never sent to the user come back. */
  markNotices: {
    params: Type.Object(
      {
        state: Type.Union([Type.Literal('delivered'), Type.Literal('read'), Type.Literal('confirmed')]),
        messageIds: Type.Union([
          Type.Array(messageIdSchema, { minItems: 1, maxItems: 1_000 }),
          Type.Literal('all'), // only of `read`
        ]),
      },
      strict,
    ),
    result: Type.Object({ unknownIds: Type.Array(Type.String()) }, strict),
  },
  /** Asks the Worker to read the account again now. */
  requestSync: { params: Type.Object({ accountId: accountIdSchema }, strict), result: Type.Object({}, strict) },
  /** Asks the Worker to open the platform's login; the QR code arrives as the account's session state. */
  startLogin: { params: Type.Object({ accountId: accountIdSchema }, strict), result: Type.Object({}, strict) },
} as const;

export type CommandName = keyof typeof COMMANDS;
export type CommandParams<N extends CommandName> = Static<(typeof COMMANDS)[N]['params']>;
export type CommandResult<N extends CommandName> = Static<(typeof COMMANDS)[N]['result']>;

/** The least role for each command. */
export const COMMAND_ROLE: Record<CommandName, Role> = {
  markRead: 'operator',
  markTopic: 'operator',
  markItemsRead: 'operator',
  sendReply: 'operator',
  settleReply: 'operator',
  addAccount: 'admin',
  changeAccount: 'admin',
  removeAccount: 'admin',
  markNotices: 'viewer',
  requestSync: 'operator',
  startLogin: 'operator',
};

/** Made by the client once per intention and kept over retries: the same key never acts twice. */
export const commandKeySchema = Type.String({ minLength: 8, maxLength: 100, pattern: '^[A-Za-z0-9_-]+$' });
