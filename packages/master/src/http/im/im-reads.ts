import { must } from '@hiscrm/shared/lib/must.ts';
import type { AccountId, ItemId, ReplyId, TopicId } from '@hiscrm/shared/model/ids.ts';
import type { AccountRecord, ItemRecord, TopicRecord } from '@hiscrm/shared/model/records.ts';
import type { ReplyRecord } from '@hiscrm/shared/model/reply.ts';
import {
  contentRef,
  conversationRef,
  type ItemKind,
  type TopicKind,
  type TopicRef,
  topicKindOf,
} from '@hiscrm/shared/model/topic-ref.ts';
import { mayRead, type Principal } from '@hiscrm/shared/model/visibility.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import type { ItemCursor, TopicView } from '@hiscrm/shared/protocol/queries.ts';
import type { Static } from 'typebox';
import type { StoreReader } from '../../store/store-reader.ts';
import {
  type ItemInTopic,
  parentOf,
  toConversation,
  toDiscussion,
  toMessage,
  toUnified,
  toUser,
  toWork,
} from './im-objects.ts';
import type { messageSchema, QUERY, unifiedStatsSchema } from './im-schemas.ts';
import { allTopics, mergedItems } from './merged-items.ts';
import { type OffsetPage, OffsetPager, type ReadRows } from './offset-pager.ts';

type Query<N extends keyof typeof QUERY> = Static<(typeof QUERY)[N]>;
type Wanted = { readonly cursor?: number | undefined; readonly count?: number | undefined };
type Page = OffsetPage<object>;

const DEFAULT_COUNT = 20;
const CONVERSATION_DEFAULT_COUNT = 50;

/** The lists and objects of `/api/im`, read from the store. Whoever calls has found the account through `account`. */
export class ImReads {
  readonly #store: StoreReader;
  readonly #pager = new OffsetPager();

  constructor(store: StoreReader) {
    this.#store = store;
  }

  /** Throws ACCOUNT_NOT_FOUND also for an account that the user may not see. */
  account(principal: Principal, id: AccountId): AccountRecord {
    const account = mayRead(principal, id) ? this.#store.account(id) : undefined;
    if (!account) throw new ImError('ACCOUNT_NOT_FOUND');
    return account;
  }

  /** By our id or by the platform's user id. */
  accountByAnyId(principal: Principal, id: string): AccountRecord {
    const found = this.#visible(principal).find(
      (account) => account.id === id || account.profile?.platformUserId === id,
    );
    if (!found) throw new ImError('ACCOUNT_NOT_FOUND');
    return found;
  }

  accounts(principal: Principal, query: Query<'accounts'>): Page {
    const users = this.#visible(principal)
      .map(toUser)
      .filter((user) => query.status === undefined || user.status === query.status)
      .filter((user) => query.platform === undefined || user.platform === query.platform);
    const offset = query.cursor ?? 0;
    const rows = users.slice(offset, offset + (query.count ?? DEFAULT_COUNT));
    return { rows, cursor: offset + rows.length, hasMore: offset + rows.length < users.length };
  }

  async conversations(account: AccountRecord, query: Query<'conversations'>): Promise<Page> {
    const { is_pinned: isPinned, is_muted: isMuted, status } = query;
    // Every conversation that is listed is active: another wish finds nothing.
    if (status !== undefined && status !== 'active') return { rows: [], cursor: query.cursor ?? 0, hasMore: false };
    const keep = ({ record: { marks } }: TopicView): boolean =>
      (isPinned === undefined || (marks.isPinned ?? false) === isPinned) &&
      (isMuted === undefined || (marks.isMuted ?? false) === isMuted);
    const page = await this.#page(account, query, {
      list: `${account.id} conversations ${isPinned} ${isMuted}`,
      read: this.#topicRows(account.id, 'conversation'),
      isHidden,
      ...((isPinned !== undefined || isMuted !== undefined) && { keep }),
    });
    return { ...page, rows: page.rows.map((view) => conversationOf(account, view)) };
  }

  async contents(account: AccountRecord, query: Query<'contents'>): Promise<Page> {
    const { content_type: type, is_new: isNew } = query;
    const isPlain = type === undefined && isNew === undefined;
    const keep = ({ record, summary }: TopicView): boolean =>
      (type === undefined || (record.kind === 'content' && (record.facts?.type ?? 'other') === type)) &&
      (isNew === undefined || summary.unreadCount > 0 === isNew);
    const page = await this.#page(account, query, {
      list: `${account.id} contents ${type} ${isNew}`,
      read: this.#topicRows(account.id, 'content'),
      isHidden,
      ...(!isPlain && { keep }),
    });
    return { ...page, rows: page.rows.map((view) => workOf(account, view)) };
  }

  async conversationMessages(
    account: AccountRecord,
    conversationId: string,
    query: Query<'conversationMessages'>,
  ): Promise<Page> {
    const view = this.topic(account.id, 'conversation', conversationId);
    const page = await this.#page(
      account,
      { ...query, count: query.count ?? CONVERSATION_DEFAULT_COUNT },
      {
        list: `${account.id} messages of ${conversationId}`,
        read: this.#itemRows(view.record),
      },
    );
    return { ...page, rows: page.rows.map((item) => toMessage({ account, topic: view.record, item })) };
  }

  async messages(account: AccountRecord, query: Query<'messages'>): Promise<Page> {
    const { conversation_id: conversationId, since_time: since } = query;
    const isPlain = Object.keys(query).every((name) => !(name in MESSAGE_FILTERS)) && since === undefined;
    if (conversationId !== undefined && isPlain) {
      return this.conversationMessages(account, conversationId, { ...query, count: query.count ?? DEFAULT_COUNT });
    }
    const topics =
      conversationId === undefined
        ? await this.#listed(account.id, ['conversation'])
        : [this.topic(account.id, 'conversation', conversationId)];
    const keep = (found: ItemInTopic): boolean => matches(toMessage(found), query);
    const page = await this.#merged(account, topics, query, { keep, since });
    return { ...page, rows: page.rows.map(toMessage) };
  }

  async discussions(account: AccountRecord, query: Query<'discussions'>): Promise<Page> {
    const { parent_comment_id: parentId, content_id: contentId, is_read: isRead, is_new: isNew } = query;
    const keep = (found: ItemInTopic): boolean => {
      const parent = parentOf(found.item.facts);
      if (parent === undefined || (parentId !== undefined && parent !== parentId)) return false;
      const shown = toDiscussion(found);
      return (isRead === undefined || shown.is_read === isRead) && (isNew === undefined || shown.is_new === isNew);
    };
    const topics = await this.#discussionTopics(account.id, parentId, contentId);
    const page = await this.#merged(account, topics, query, { keep });
    return { ...page, rows: page.rows.map(toDiscussion) };
  }

  async unified(account: AccountRecord, query: Query<'unified'>): Promise<Page> {
    const types = new Set((query.types ?? 'comment,discussion,direct_message').split(','));
    const kinds: TopicKind[] = [];
    if (types.has('comment') || types.has('discussion')) kinds.push('content');
    if (types.has('direct_message')) kinds.push('conversation');
    const keep = (found: ItemInTopic): boolean => {
      const shown = toUnified(found);
      return (
        types.has(shown.business_type) &&
        (query.is_read === undefined || shown.is_read === query.is_read) &&
        (query.is_new === undefined || shown.is_new === query.is_new)
      );
    };
    const page = await this.#merged(account, await this.#listed(account.id, kinds), query, { keep });
    return { ...page, rows: page.rows.map(toUnified) };
  }

  /** Comments and discussions are counted together. */
  unifiedStats(account: AccountRecord): Static<typeof unifiedStatsSchema> {
    const summary = must(this.#store.accountSummary(account.id), 'an account has counters');
    const comment = { total: summary.commentCount, unread: summary.unreadComments };
    const message = { total: summary.messageCount, unread: summary.unreadMessages };
    return {
      total: comment.total + message.total,
      unread: comment.unread + message.unread,
      by_type: { comment, direct_message: message },
    };
  }

  /** Throws TOPIC_NOT_FOUND. */
  topic(accountId: AccountId, kind: TopicKind, id: string): TopicView {
    const view = this.#store.topic(refOf(accountId, kind, id));
    if (!view || isHidden(view)) throw new ImError('TOPIC_NOT_FOUND');
    return view;
  }

  /** A topic of the account named, else of any account that the user may see. Throws TOPIC_NOT_FOUND. */
  anyTopic(
    principal: Principal,
    kind: TopicKind,
    id: string,
    accountId: AccountId | undefined,
  ): { readonly account: AccountRecord; readonly view: TopicView } {
    for (const account of this.#named(principal, accountId)) {
      const view = this.#store.topic(refOf(account.id, kind, id));
      if (view && !isHidden(view)) return { account, view };
    }
    throw new ImError('TOPIC_NOT_FOUND');
  }

  /** An item of the account named, else of any account that the user may see. Throws ITEM_NOT_FOUND. */
  anyItem(principal: Principal, kind: ItemKind, id: string, accountId: AccountId | undefined): ItemInTopic {
    for (const account of this.#named(principal, accountId)) {
      const item = this.#store.item(account.id, kind, id as ItemId); // text of the address; unknown finds nothing
      if (item) return { account, topic: this.#topicOf(account.id, item), item };
    }
    throw new ImError('ITEM_NOT_FOUND');
  }

  /** A reply that was asked for, with where it goes; undefined when it is not known or not the user's to see. */
  reply(
    principal: Principal,
    id: string,
  ): { readonly account: AccountRecord; readonly record: TopicRecord; readonly reply: ReplyRecord } | undefined {
    const reply = this.#store.reply(id as ReplyId); // text of the address; unknown finds nothing
    const account = reply && mayRead(principal, reply.accountId) ? this.#store.account(reply.accountId) : undefined;
    const record = reply && this.#store.topicRecord(reply.topic);
    return reply && account && record ? { account, record, reply } : undefined;
  }

  #visible(principal: Principal): AccountRecord[] {
    const records = this.#store.accounts().map((view) => view.record);
    return records.filter((account) => mayRead(principal, account.id));
  }

  #named(principal: Principal, accountId: AccountId | undefined): readonly AccountRecord[] {
    return accountId === undefined ? this.#visible(principal) : [this.account(principal, accountId)];
  }

  #topicOf(accountId: AccountId, { facts }: ItemRecord): TopicRecord {
    const record = this.#store.topicRecord(refOf(accountId, topicKindOf(facts.kind), facts.topicId));
    return must(record, 'an item has a topic');
  }

  async #discussionTopics(
    accountId: AccountId,
    parentId: string | undefined,
    contentId: string | undefined,
  ): Promise<readonly TopicView[]> {
    if (contentId !== undefined) return [this.topic(accountId, 'content', contentId)];
    const parent = parentId === undefined ? undefined : this.#store.item(accountId, 'comment', parentId as ItemId); // as above
    if (parent) return [this.topic(accountId, 'content', parent.facts.topicId)];
    return this.#listed(accountId, ['content']);
  }

  /** Every topic of these kinds that nobody put away. */
  async #listed(accountId: AccountId, kinds: readonly TopicKind[]): Promise<readonly TopicView[]> {
    return (await allTopics(this.#store, accountId, kinds)).filter((view) => !isHidden(view));
  }

  #topicRows(accountId: AccountId, kind: TopicKind): ReadRows<TopicView, string> {
    return (limit, cursor) => {
      const page = this.#store.topics({ accountId, kind, limit, ...(cursor !== undefined && { cursor }) });
      return { rows: page.topics, next: page.nextCursor };
    };
  }

  #itemRows({ accountId, kind, id }: TopicRecord): ReadRows<ItemRecord, ItemCursor> {
    return (limit, before) => {
      const page = this.#store.items({ topic: { accountId, kind, id }, limit, ...(before && { before }) });
      return { rows: page.items, next: page.nextBefore };
    };
  }

  #page<Row, Cursor>(
    account: AccountRecord,
    wanted: Wanted,
    rest: {
      readonly list: string;
      readonly read: ReadRows<Row, Cursor>;
      readonly keep?: (row: Row) => boolean;
      readonly isHidden?: (row: Row) => boolean;
    },
  ): Promise<OffsetPage<Row>> {
    const version = this.#store.accountVersion(account.id);
    return this.#pager.page({ ...rest, version, offset: wanted.cursor ?? 0, count: wanted.count ?? DEFAULT_COUNT });
  }

  async #merged(
    account: AccountRecord,
    topics: readonly TopicView[],
    wanted: Wanted,
    rules: { readonly keep: (found: ItemInTopic) => boolean; readonly since?: number | undefined },
  ): Promise<OffsetPage<ItemInTopic>> {
    const offset = wanted.cursor ?? 0;
    const count = wanted.count ?? DEFAULT_COUNT;
    const rows: ItemInTopic[] = [];
    let toSkip = offset;
    for await (const { topic, item } of mergedItems(this.#store, topics)) {
      if (rules.since !== undefined && item.facts.at < rules.since) break;
      const found = { account, topic, item };
      if (!rules.keep(found)) continue;
      if (toSkip > 0) toSkip--;
      else if (rows.length === count) return { rows, cursor: offset + count, hasMore: true };
      else rows.push(found);
    }
    return { rows, cursor: offset + rows.length, hasMore: false };
  }
}

/** Put away by an operator, until something arrives in it. */
const isHidden = ({ record }: TopicView): boolean => record.marks.isHidden === true;

/** The filters of the message list, by the name of the query parameter. */
const MESSAGE_FILTERS = {
  sender_id: (message) => message.sender.user_id,
  receiver_id: (message) => message.receiver.user_id,
  status: (message) => message.status,
  message_type: (message) => message.msg_type,
  is_deleted: (message) => message.is_deleted,
  is_recalled: (message) => message.is_recalled,
} as const satisfies Partial<Record<keyof Query<'messages'>, (message: Static<typeof messageSchema>) => unknown>>;

function matches(message: Static<typeof messageSchema>, query: Query<'messages'>): boolean {
  const wishes: Readonly<Record<string, unknown>> = query;
  return Object.entries(MESSAGE_FILTERS).every(
    ([name, read]) => wishes[name] === undefined || wishes[name] === read(message),
  );
}

function refOf(accountId: AccountId, kind: TopicKind, id: string): TopicRef {
  const topicId = id as TopicId; // text of the address; an unknown one finds nothing
  return kind === 'content' ? contentRef(accountId, topicId) : conversationRef(accountId, topicId);
}

function conversationOf(account: AccountRecord, { record, summary }: TopicView): object {
  return record.kind === 'conversation' ? toConversation(account, record, summary) : {};
}

function workOf(account: AccountRecord, { record, summary }: TopicView): object {
  return record.kind === 'content' ? toWork(account, record, summary) : {};
}
