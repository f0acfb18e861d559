import type { AccountView } from '@hiscrm/shared/protocol/client-link.ts';
import Type, { type Static } from 'typebox';
import type { HttpDeps } from './http-deps.ts';

const count = Type.Integer({ minimum: 0 });
const orNull = <S extends Type.TSchema>(schema: S) => Type.Union([schema, Type.Null()]);
const counts = {
  contentCount: count,
  conversationCount: count,
  commentCount: count,
  messageCount: count,
  unreadComments: count,
  unreadMessages: count,
};

const accountStatusSchema = Type.Object({
  id: Type.String(),
  platform: Type.String(),
  name: Type.String(),
  nickname: orNull(Type.String()),
  session: Type.String(),
  sessionSince: count,
  isPaused: Type.Boolean(),
  workerId: orNull(Type.String()),
  ...counts,
  /** End of the newest finished sync; 0 = none is known. */
  lastSyncAt: count,
  /** Since this process started. */
  syncCount: count,
  batchCount: count,
  receivedItemCount: count,
});

export const statusSchema = Type.Object({
  version: Type.String(),
  state: Type.String(),
  pid: count,
  uptimeS: count,
  epoch: Type.String(),
  seq: count,
  totals: Type.Object({ accountCount: count, ...counts }),
  workers: Type.Array(
    Type.Object({
      id: Type.String(),
      name: Type.String(),
      isOnline: Type.Boolean(),
      version: orNull(Type.String()),
      platforms: Type.Array(Type.String()),
      maxAccounts: count,
      accountCount: count,
      changedAt: count,
    }),
  ),
  accounts: Type.Array(accountStatusSchema),
  sessionCount: count,
  sockets: Type.Record(Type.String(), Type.Number()),
});
export type Status = Static<typeof statusSchema>;

/** What `hiscrm status` shows: true as of the log position in it. */
export function readStatus(deps: HttpDeps): Status {
  const { store } = deps;
  const views = store.accounts();
  return {
    version: deps.version,
    state: deps.health.state.kind,
    pid: process.pid,
    uptimeS: Math.floor(process.uptime()),
    epoch: store.epoch,
    seq: store.head(),
    totals: totalsOf(views),
    workers: store.workers().map((worker) => ({
      id: worker.id,
      name: worker.name,
      isOnline: worker.isOnline,
      version: worker.version ?? null,
      platforms: [...worker.platforms],
      maxAccounts: worker.maxAccounts,
      accountCount: views.filter(({ record }) => record.lease?.workerId === worker.id).length,
      changedAt: worker.changedAt,
    })),
    accounts: views.map((view) => accountStatus(view, deps)),
    sessionCount: deps.auth.sessionCount,
    sockets: { ...deps.socketFigures() },
  };
}

function accountStatus({ record, summary }: AccountView, { board }: HttpDeps): Status['accounts'][number] {
  const sync = board.of(record.id);
  return {
    id: record.id,
    platform: record.platform,
    name: record.name,
    nickname: record.profile?.nickname ?? null,
    session: record.session.kind,
    sessionSince: record.session.since,
    isPaused: record.isPaused,
    workerId: record.lease?.workerId ?? null,
    ...countsOf(summary),
    lastSyncAt: Math.max(sync?.lastSyncAt ?? 0, record.lastSyncAt ?? 0),
    syncCount: sync?.syncCount ?? 0,
    batchCount: sync?.batchCount ?? 0,
    receivedItemCount: sync?.itemCount ?? 0,
  };
}

type Counts = { readonly [N in keyof typeof counts]: number };

const countsOf = (summary: AccountView['summary']): Counts => ({
  contentCount: summary.contentCount,
  conversationCount: summary.conversationCount,
  commentCount: summary.commentCount,
  messageCount: summary.messageCount,
  unreadComments: summary.unreadComments,
  unreadMessages: summary.unreadMessages,
});

function totalsOf(views: readonly AccountView[]): Status['totals'] {
  const sum = (name: keyof Counts): number => views.reduce((total, { summary }) => total + summary[name], 0);
  return {
    accountCount: views.length,
    contentCount: sum('contentCount'),
    conversationCount: sum('conversationCount'),
    commentCount: sum('commentCount'),
    messageCount: sum('messageCount'),
    unreadComments: sum('unreadComments'),
    unreadMessages: sum('unreadMessages'),
  };
}
