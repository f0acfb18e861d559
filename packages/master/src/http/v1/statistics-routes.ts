import type { AccountView } from '@hiscrm/shared/protocol/client-link.ts';
import Type, { type Static } from 'typebox';
import type { StoreReader } from '../../store/store-reader.ts';
import { timeOf } from '../../words/foreign-values.ts';
import type { App } from '../app.ts';
import type { HttpDeps } from '../http-deps.ts';
import { isItemRead, matchingItems, namedAccounts } from './item-window.ts';
import { accountOf, flag, isSet, ok, shortText, v1Route, visibleAccounts, who } from './v1-route.ts';

const DAY_MS = 24 * 60 * 60_000;
const HOUR_MS = 60 * 60_000;
const DAYS_LIMIT_COUNT = 366;
const HOURS_COUNT = 24;

const optional = Type.Optional;
const time = optional(Type.Integer({ minimum: 0, maximum: 99_999_999_999_999 }));
const statisticsQuery = Type.Object({
  account_id: optional(shortText),
  start_time: time,
  end_time: time,
  group_by: optional(shortText),
  days: optional(Type.Integer({ minimum: 1, maximum: DAYS_LIMIT_COUNT })),
  include_hourly: optional(flag),
});

type Tally = { comment_count: number; direct_message_count: number; unread_comments: number; unread_dms: number };
/** Comments and messages in one stretch of time. */
type Slot = { comment_count: number; dm_count: number };

/** `/api/v1/statistics`: totals by the counters; those between two times, by day and by hour by the items themselves. */
export function addStatisticsRoutes(app: App, { store, clock }: HttpDeps): void {
  app.get(
    '/api/v1/statistics',
    v1Route('viewer', 'Totals, by account, by UTC day and by the last 24 hours.', { querystring: statisticsQuery }),
    async (request) => {
      const query = request.query as Static<typeof statisticsQuery>; // checked by the schema
      const principal = who(request);
      if (query.account_id !== undefined) accountOf(store, principal, query.account_id);
      const accounts = namedAccounts(visibleAccounts(store, principal), { account_id: query.account_id });
      return ok(await statistics(store, accounts, { query, now: clock.now() }));
    },
  );
  app.get('/api/v1/statistics/summary', v1Route('viewer', 'All, unread, and since midnight UTC.'), async (request) => {
    const accounts = visibleAccounts(store, who(request));
    const now = clock.now();
    const slots = new Map<string, Slot>();
    await fill(store, accounts, { startAt: now - (now % DAY_MS), keyOf: dayOf, slots });
    const today = [...slots.values()].reduce((sum, slot) => sum + slot.comment_count + slot.dm_count, 0);
    const totals = totalOf(accounts.map(tallyOf));
    return ok({ total_messages: totals.total_messages, unread_count: totals.unread_count, today_count: today });
  });
}

type Wanted = { readonly query: Static<typeof statisticsQuery>; readonly now: number };

async function statistics(
  store: StoreReader,
  accounts: readonly AccountView[],
  { query, now }: Wanted,
): Promise<object> {
  const startAt = timeOf(query.start_time);
  const endAt = timeOf(query.end_time);
  const isBounded = startAt !== undefined || endAt !== undefined;
  const tallies: (Tally & { account_id: string })[] = [];
  for (const view of accounts) {
    const tally = isBounded ? await tallyBetween(store, view, { startAt, endAt }) : tallyOf(view);
    tallies.push({ account_id: view.record.id, ...tally });
  }
  const { days = 7, group_by = 'day', include_hourly = true } = query;
  return {
    ...totalOf(tallies),
    accounts: tallies,
    ...(group_by === 'day' && { daily_stats: await daily(store, accounts, { days, now }) }),
    ...(isSet(include_hourly) && { hourly_stats: await hourly(store, accounts, now) }),
  };
}

const tallyOf = ({ summary }: AccountView): Tally => ({
  comment_count: summary.commentCount,
  direct_message_count: summary.messageCount,
  unread_comments: summary.unreadComments,
  unread_dms: summary.unreadMessages,
});

async function tallyBetween(
  store: StoreReader,
  view: AccountView,
  bounds: { readonly startAt: number | undefined; readonly endAt: number | undefined },
): Promise<Tally> {
  const tally: Tally = { comment_count: 0, direct_message_count: 0, unread_comments: 0, unread_dms: 0 };
  const filter = { ...bounds, accounts: [view], isRead: undefined };
  for await (const found of matchingItems(store, { ...filter, kind: 'content' })) {
    tally.comment_count += 1;
    if (!isItemRead(found)) tally.unread_comments += 1;
  }
  for await (const found of matchingItems(store, { ...filter, kind: 'conversation' })) {
    tally.direct_message_count += 1;
    if (!isItemRead(found)) tally.unread_dms += 1;
  }
  return tally;
}

function totalOf(tallies: readonly Tally[]) {
  const sum = (read: (tally: Tally) => number): number => tallies.reduce((total, tally) => total + read(tally), 0);
  const total_comments = sum(({ comment_count }) => comment_count);
  const total_direct_messages = sum(({ direct_message_count }) => direct_message_count);
  return {
    total_comments,
    total_direct_messages,
    total_messages: total_comments + total_direct_messages,
    unread_count: sum(({ unread_comments, unread_dms }) => unread_comments + unread_dms),
  };
}

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);
const hourOf = (at: number): string => `${new Date(at).toISOString().slice(0, 13)}:00`;

/** One row a day, oldest first, also for days without anything. */
async function daily(
  store: StoreReader,
  accounts: readonly AccountView[],
  { days, now }: { readonly days: number; readonly now: number },
): Promise<readonly object[]> {
  const startAt = now - (now % DAY_MS) - (days - 1) * DAY_MS;
  const slots = new Map<string, Slot>();
  for (let day = 0; day < days; day++) slots.set(dayOf(startAt + day * DAY_MS), { comment_count: 0, dm_count: 0 });
  await fill(store, accounts, { startAt, keyOf: dayOf, slots });
  return [...slots].map(([date, slot]) => ({ date, ...slot, total: slot.comment_count + slot.dm_count }));
}

async function hourly(store: StoreReader, accounts: readonly AccountView[], now: number): Promise<readonly object[]> {
  const startAt = now - (now % HOUR_MS) - (HOURS_COUNT - 1) * HOUR_MS;
  const slots = new Map<string, Slot>();
  for (let hour = 0; hour < HOURS_COUNT; hour++)
    slots.set(hourOf(startAt + hour * HOUR_MS), { comment_count: 0, dm_count: 0 });
  await fill(store, accounts, { startAt, keyOf: hourOf, slots });
  return [...slots].map(([hour, slot]) => ({ hour, ...slot, total: slot.comment_count + slot.dm_count }));
}

async function fill(
  store: StoreReader,
  accounts: readonly AccountView[],
  options: { readonly startAt: number; readonly keyOf: (at: number) => string; readonly slots: Map<string, Slot> },
): Promise<void> {
  const { startAt, keyOf, slots } = options;
  for (const kind of ['content', 'conversation'] as const) {
    for await (const { item } of matchingItems(store, {
      accounts,
      kind,
      isRead: undefined,
      startAt,
      endAt: undefined,
    })) {
      const key = keyOf(item.facts.at);
      const slot = slots.get(key) ?? { comment_count: 0, dm_count: 0 };
      slots.set(key, slot);
      if (kind === 'content') slot.comment_count += 1;
      else slot.dm_count += 1;
    }
  }
}
