import Type from 'typebox';

/** Kinds that spoil any answer. */
const TRANSPORT = [
  'login_expired',
  'captcha',
  'slow',
  'http',
  'bad_json',
  'html_200',
  'empty',
  'blocked',
  'truncated',
] as const;
/** Kinds that spoil what an answer says. */
const BODY = [
  'id_number',
  'time_shuffle',
  'dup_page',
  'overlap',
  'stuck_cursor',
  'empty_with_more',
  'has_more_lie',
  'deleted_comment',
] as const;
/** Kinds that refuse or blur an action. */
const ACTION = [
  'reply_private',
  'reply_rate',
  'reply_review',
  'reply_disabled',
  'reply_ambiguous',
  'reply_silent_drop',
  'dm_audit',
  'dm_not_friend',
  'dm_touch_limit',
] as const;
/** Kinds that live in the page or on the push channel. */
const PAGE = ['header_lag', 'store_rename', 'ws_drop', 'ws_gap', 'ws_dup'] as const;
/** Kinds that change the world at once. */
const WORLD = ['same_name', 'title_dup'] as const;

export const FAULT_KINDS = [...TRANSPORT, ...BODY, ...ACTION, ...PAGE, ...WORLD] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];
export type TransportFaultKind = (typeof TRANSPORT)[number];
export const TRANSPORT_FAULTS: readonly TransportFaultKind[] = TRANSPORT;

/** Body of `POST /__sim/fault`. `args` by kind: see the package's README. */
export const faultSchema = Type.Object(
  {
    kind: Type.Enum([...FAULT_KINDS]),
    match: Type.Optional(
      Type.Object(
        {
          account: Type.Optional(Type.String()),
          method: Type.Optional(Type.String()),
          path: Type.Optional(Type.String({ description: 'a part of the path' })),
          query: Type.Optional(Type.Record(Type.String(), Type.String())),
        },
        { additionalProperties: false },
      ),
    ),
    times: Type.Optional(Type.Integer({ minimum: 1, description: 'default: until deleted' })),
    probability: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    args: Type.Optional(
      Type.Object(
        {
          delayMs: Type.Optional(Type.Integer({ minimum: 0 })),
          isStreamed: Type.Optional(Type.Boolean()),
          status: Type.Optional(Type.Integer({ minimum: 200, maximum: 599 })),
          asTicket: Type.Optional(Type.Boolean()),
          code: Type.Optional(Type.Integer()),
          mode: Type.Optional(Type.Enum(['no_response', 'cut', 'reload'])),
          cid: Type.Optional(Type.String()),
          rows: Type.Optional(Type.Integer({ minimum: 1 })),
          hasMore: Type.Optional(Type.Boolean()),
          skewMs: Type.Optional(Type.Integer()),
          field: Type.Optional(Type.String()),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
);
export type FaultOrder = Type.Static<typeof faultSchema>;
export type FaultArgs = NonNullable<FaultOrder['args']>;
