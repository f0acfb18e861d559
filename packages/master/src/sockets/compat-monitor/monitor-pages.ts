import { hash } from 'node:crypto';
import { ByteLru } from '@hiscrm/shared/lib/lru.ts';
import type { AccountId, Seq } from '@hiscrm/shared/model/ids.ts';
import type { ItemRecord } from '@hiscrm/shared/model/records.ts';
import { type TopicKind, type TopicRef, topicKey } from '@hiscrm/shared/model/topic-ref.ts';
import { type ItemCursor, PAGE_LIMIT_COUNT, type TopicView } from '@hiscrm/shared/protocol/queries.ts';
import type { Server } from 'socket.io';
import type { Sight } from '../../hub/who-sees-what.ts';
import type { StoreReader } from '../../store/store-reader.ts';
import { type PreparedPacket, preparePacket } from '../compat/prepared-packet.ts';
import { channelsOf } from './channel-of.ts';
import { type Message, messageOf } from './message-of.ts';
import { MONITOR_EVENT } from './monitor-event.ts';
import { isSending, sendingOf } from './sending-of.ts';
import { echoMessageOf, NO_MARKS, SentEchoes } from './sent-echoes.ts';
import { topicsOf } from './topic-of.ts';

/** Existing clients know no pages: of each kind an account's newest topics go out, and a topic's newest items. */
export const TOPICS_LIMIT_COUNT = 1_000;
export const MESSAGES_LIMIT_COUNT = 1_000;
/** Encoded topic lists kept: a client asks for all of them after every `monitor:channels`. */
const TOPICS_CACHE_BYTES = 32 * 1024 * 1024;
const ROOT = '/';

/** A packet with a short name for its content: equal names, equal bytes. */
export type Page = { readonly packet: PreparedPacket; readonly digest: string };
type KeptPage = Page & { readonly version: Seq };

/** The lists that existing clients ask for, encoded once for everybody who sees the same. */
export class MonitorPages {
  readonly #server: Server;
  readonly #store: StoreReader;
  readonly #echoes = new SentEchoes();
  readonly #channels = new Map<string, KeptPage>();
  readonly #topics = new ByteLru<AccountId, KeptPage>({
    limitBytes: TOPICS_CACHE_BYTES,
    sizeOf: ({ packet }) => packet.frame.length + packet.text.length,
  });

  constructor(options: { readonly server: Server; readonly store: StoreReader }) {
    this.#server = options.server;
    this.#store = options.store;
  }

  get echoes(): SentEchoes {
    return this.#echoes;
  }

  /** How many accounts are seen. */
  channelCount(sight: Sight): number {
    return this.#store.accounts().filter(({ record }) => sight.seesAccount(record.id)).length;
  }

  /** The list of everybody who sees so much. */
  channels(sight: Sight): Page {
    const version = this.#store.head();
    const kept = this.#channels.get(sight.key);
    if (kept?.version === version) return kept;
    const accounts = this.#store.accounts().filter(({ record }) => sight.seesAccount(record.id));
    const page = { ...this.#encode(MONITOR_EVENT.channels, { channels: channelsOf(accounts) }), version };
    this.#channels.set(sight.key, page);
    return page;
  }

  /** Nobody with this sight is connected any more. */
  forgetSight(key: string): void {
    this.#channels.delete(key);
  }

  topics(accountId: AccountId): Page {
    const version = this.#store.accountVersion(accountId);
    const kept = this.#topics.get(accountId);
    if (kept?.version === version && this.#store.account(accountId)) return kept;
    const views = [...this.#topicsOf(accountId, 'content'), ...this.#topicsOf(accountId, 'conversation')];
    const payload = { channelId: accountId, topics: topicsOf(views) };
    const page = { ...this.#encode(MONITOR_EVENT.topics, payload), version };
    this.#topics.set(accountId, page);
    return page;
  }

  /** Ascending by time, with sent replies that no page has shown yet. */
  messages(ref: TopicRef, now: number): PreparedPacket {
    const items = this.#itemsOf(ref).sort((a, b) => a.facts.at - b.facts.at || a.arrivedSeq - b.arrivedSeq);
    const marks = this.#store.topicRecord(ref)?.marks ?? NO_MARKS;
    const ownAvatarUrl = this.#store.account(ref.accountId)?.profile?.avatarUrl;
    const messages: Message[] = items.map((item) => messageOf(item, marks, ownAvatarUrl));
    for (const reply of this.#echoes.unseenIn(topicKey(ref), items, now))
      messages.push(echoMessageOf(reply, ownAvatarUrl));
    return this.packet(MONITOR_EVENT.messages, { topicId: ref.id, messages });
  }

  sendingQueue(ref: TopicRef): PreparedPacket {
    const sending = this.#store
      .openReplies(ref.accountId)
      .filter((reply) => isSending(reply) && topicKey(reply.topic) === topicKey(ref));
    return this.packet(MONITOR_EVENT.sendingQueue, { topicId: ref.id, sendingMessages: sending.map(sendingOf) });
  }

  packet(event: string, payload: unknown): PreparedPacket {
    return preparePacket(this.#server, ROOT, event, payload);
  }

  #encode(event: string, payload: unknown): Page {
    const packet = this.packet(event, payload);
    return { packet, digest: hash('sha1', packet.text) };
  }

  #topicsOf(accountId: AccountId, kind: TopicKind): readonly TopicView[] {
    const views: TopicView[] = [];
    let cursor: string | undefined;
    do {
      const page = this.#store.topics({
        accountId,
        kind,
        limit: PAGE_LIMIT_COUNT,
        ...(cursor !== undefined && { cursor }),
      });
      views.push(...page.topics);
      cursor = page.nextCursor;
    } while (cursor !== undefined && views.length < TOPICS_LIMIT_COUNT);
    return views;
  }

  #itemsOf(topic: TopicRef): ItemRecord[] {
    const items: ItemRecord[] = [];
    let before: ItemCursor | undefined;
    do {
      const page = this.#store.items({ topic, limit: PAGE_LIMIT_COUNT, ...(before && { before }) });
      items.push(...page.items);
      before = page.nextBefore;
    } while (before && items.length < MESSAGES_LIMIT_COUNT);
    return items;
  }
}
