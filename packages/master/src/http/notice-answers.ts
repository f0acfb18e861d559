/** What the notice routes answer, besides their lists: described here for /openapi.json, built by typed functions. */
import { noticeTemplateSchema } from '@hiscrm/shared/model/notice-change.ts';
import Type from 'typebox';
import { pushRecordSchema } from './notice-schemas.ts';

const count = Type.Integer({ minimum: 0 });
/** Not negative; a part of a hundred, of a second or of a whole. */
const amount = Type.Number({ minimum: 0 });
const textOrNull = Type.Union([Type.String(), Type.Null()]);

const countsView = {
  total_users: count,
  online_users: count,
  received_users: count,
  read_users: count,
  confirmed_users: count,
  total: count,
  online: count,
  received: count,
  read: count,
  confirmed: count,
  pending: count,
  expired: count,
  failed: count,
  receive_rate: amount,
  read_rate: amount,
  confirm_rate: amount,
} as const;

export const receiveStatusSchema = Type.Object({ message_id: Type.String(), status: Type.String(), ...countsView });

export const receiveStatsSchema = Type.Object({
  ...countsView,
  total_is_exact: Type.Boolean(),
  page: count,
  page_size: count,
  user_count: count,
  users: Type.Array(Type.Object({ user_id: Type.String(), username: Type.String(), ...countsView })),
});

export const onlineUsersSchema = Type.Object({
  total: count,
  page: count,
  page_size: count,
  total_online_count: count,
  total_connections: count,
  total_online_time: count,
  items: Type.Array(
    Type.Object({
      user_id: Type.String(),
      username: Type.String(),
      connections: count,
      online_time: Type.String(),
      online_duration: count,
      client_ip: Type.String(),
      last_seen: Type.String(),
      total_online_time: count,
    }),
  ),
});

export const hubStatsSchema = Type.Object({
  active_connections: count,
  unique_users: count,
  total_connections: count,
  total_messages: count,
  accepted_notices: count,
  queue_size: Type.Object({ low: count, normal: count, high: count, urgent: count }),
  queue_peak: count,
  batch_size: count,
  waiting_offline: count,
  dropped: count,
  refused: count,
  slow_consumers: count,
  latency_ms: Type.Object({ p50: amount, p95: amount, p99: amount }),
  error_rate: amount,
  event_loop_lag_ms: amount,
  uptime_s: count,
  state: Type.Union([Type.Literal('ok'), Type.Literal('degraded')]),
  degraded_because: Type.Array(Type.String()),
  directory: Type.Object({
    kind: Type.String(),
    state: Type.String(),
    users: count,
    ownUsers: count,
    refusedRows: count,
    lastReadAt: Type.Union([count, Type.Null()]),
    lastError: Type.Optional(Type.String()),
  }),
});

export const markedSchema = Type.Object({ message_id: Type.String(), state: Type.String() });
export const batchMarkedSchema = Type.Object({
  success_count: count,
  failed_count: count,
  total_count: count,
  success_rate: amount,
  errors: Type.Array(Type.Object({ message_id: Type.String(), error: Type.String() })),
});

export const summarySchema = Type.Object({
  user_id: Type.String(),
  unread_count: count,
  total_count: count,
  last_message_time: textOrNull,
  online_status: Type.Union([Type.Literal('online'), Type.Literal('offline')]),
});

export const ownNoticesSchema = Type.Object({
  items: Type.Array(
    Type.Object({
      ...Type.Omit(pushRecordSchema, ['stats', 'sender_id', 'target']).properties,
      offset: count,
      digest_id: textOrNull,
      received_at: textOrNull,
      read_at: textOrNull,
      confirmed_at: textOrNull,
    }),
  ),
  next_before: Type.Union([count, Type.Null()]),
});

/** By name. */
export const groupsSchema = Type.Record(Type.String(), Type.Array(Type.String()));
export const templatesSchema = Type.Record(Type.String(), noticeTemplateSchema);
export const groupSetSchema = Type.Object({ group: Type.String(), count });
export const namedSchema = Type.Object({ name: Type.String() });
