import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import { type TopicKey, type TopicRef, topicKey } from '@hiscrm/shared/model/topic-ref.ts';
import type { Principal } from '@hiscrm/shared/model/visibility.ts';
import type { Socket } from 'socket.io';
import { type Sight, sightOf } from '../../hub/who-sees-what.ts';
import { TokenBucket } from '../../lib/token-bucket.ts';
import { PreparedLine, type PreparedPacket } from '../compat/prepared-packet.ts';
import type { Page } from './monitor-pages.ts';

/** A client that does not read is cut when so much waits for it; it comes back and asks for the lists. */
const WAITING_LIMIT_BYTES = 16 * 1024 * 1024;
/** Chats that a client asked for last and gets pushed: it has one open, scripts look at a few. */
const OPEN_TOPICS_LIMIT_COUNT = 4;
/** Every `monitor:channels` makes a client ask for the topics of each account: a burst holds several rounds of a large team. */
const REQUEST_BURST_COUNT = 5_000;
const REQUESTS_PER_SECOND = 1_000;

/** One existing PC client or script: what it may see, what it asked for, and the way to it. */
export class MonitorConnection {
  readonly socket: Socket;
  /** It sent a `monitor:*` event, registered or not; before that it is sent nothing. */
  isActive = false;
  #principal: Principal;
  #sight: Sight;
  #openTopics: TopicRef[] = [];
  /** Digest of the channel list that it has. */
  #listDigest: string | undefined;
  /** Channels whose topics it asked for, with the digest of those that it has. */
  readonly #topicDigests = new Map<AccountId, string>();
  readonly #line: PreparedLine;
  readonly #bucket: TokenBucket;

  constructor(options: { readonly socket: Socket; readonly principal: Principal; readonly now: number }) {
    this.socket = options.socket;
    this.#line = new PreparedLine(options.socket);
    this.#principal = options.principal;
    this.#sight = sightOf(options.principal);
    this.#bucket = new TokenBucket({
      burstCount: REQUEST_BURST_COUNT,
      perSecond: REQUESTS_PER_SECOND,
      now: options.now,
    });
  }

  get principal(): Principal {
    return this.#principal;
  }
  get sight(): Sight {
    return this.#sight;
  }

  /** Whether another request may be served now. */
  mayAsk(now: number): boolean {
    return this.#bucket.take(now) === 0;
  }

  /** The user's role or grants changed; true when it sees other accounts than before. */
  changePrincipal(principal: Principal): boolean {
    const before = this.#sight.key;
    this.#principal = principal;
    this.#sight = sightOf(principal);
    for (const accountId of this.#topicDigests.keys())
      if (!this.#sight.seesAccount(accountId)) this.#topicDigests.delete(accountId);
    this.#openTopics = this.#openTopics.filter(({ accountId }) => this.#sight.seesAccount(accountId));
    return this.#sight.key !== before;
  }

  /** Whether it has another channel list than this one. */
  lacksList(page: Page): boolean {
    return this.#listDigest !== page.digest;
  }

  sendList(page: Page): boolean {
    this.#listDigest = page.digest;
    return this.send(page.packet);
  }

  /** It was sent something that spoils its list: the next one goes out, whatever it holds. */
  spoilList(): void {
    this.#listDigest = undefined;
  }

  hasAsked(accountId: AccountId): boolean {
    return this.#topicDigests.has(accountId);
  }

  /** Whether it has other topics of the channel than these. */
  lacksTopics(accountId: AccountId, page: Page): boolean {
    return this.#topicDigests.get(accountId) !== page.digest;
  }

  sendTopics(accountId: AccountId, page: Page): boolean {
    this.#topicDigests.set(accountId, page.digest);
    return this.send(page.packet);
  }

  /** The channel is gone. */
  forgetTopics(accountId: AccountId): void {
    this.#topicDigests.delete(accountId);
  }

  /** It asked for this chat and wants to hear of it. */
  open(topic: TopicRef): void {
    const key = topicKey(topic);
    const others = this.#openTopics.filter((open) => topicKey(open) !== key);
    this.#openTopics = [topic, ...others].slice(0, OPEN_TOPICS_LIMIT_COUNT);
  }

  hasOpen(key: TopicKey): boolean {
    return this.#openTopics.some((open) => topicKey(open) === key);
  }

  /** The channel of the chat that it asked for last. */
  get lastChannel(): AccountId | undefined {
    return this.#openTopics[0]?.accountId;
  }

  /** Sends an event to this client alone. */
  emit(event: string, payload: unknown): void {
    this.socket.emit(event, payload);
  }

  /** Has what is sent until `release` go out together. */
  hold(): void {
    this.#line.hold();
  }

  release(): void {
    this.#line.release();
  }

  /** Sends what others are sent too. False when the client reads too slowly and was cut. */
  send(packet: PreparedPacket): boolean {
    if (this.#line.waitingBytes + packet.frame.length > WAITING_LIMIT_BYTES) {
      this.socket.disconnect(true);
      return false;
    }
    this.#line.send(packet);
    return true;
  }
}
