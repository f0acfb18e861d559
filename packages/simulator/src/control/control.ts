import type { FaultOrder } from '../faults/fault.ts';
import type { ActiveFault } from '../faults/fault-registry.ts';
import type { LogEntry, LogFilter } from '../http/action-log.ts';
import type { LoginAttempt } from '../http/login-attempts.ts';
import type { PushHub } from '../http/push-hub.ts';
import type { SessionCookie } from '../http/sessions.ts';
import type { Site } from '../http/site.ts';
import type { AccountWorld } from '../world/account-world.ts';
import { seedConversations } from '../world/seed-conversations.ts';
import { applyEvent, type EventResult } from './apply-event.ts';
import { ControlError } from './control-error.ts';
import type { ClockOrder, ExpireOrder, LoginOrder, ResetOrder, SeedOrder, SimEvent } from './schemas.ts';

export type AccountSummary = {
  key: string;
  uid: string;
  secUid: string;
  nickname: string;
  uniqueId: string;
  workCount: number;
  conversationCount: number;
};
export type LoginResult = {
  account?: string | undefined;
  cookies?: SessionCookie[] | undefined;
  attempt?: LoginAttempt | undefined;
};
/** What an account holds, for tests that need an id to begin with. */
export type AccountContents = {
  account: AccountSummary;
  works: { awemeId: string; title: string; commentCount: number; isPrivate: boolean }[];
  conversations: {
    id: string;
    peerUid: string;
    peerName: string;
    messageCount: number;
    unreadCount: number;
    lastServerId: string;
  }[];
};

/** The control API, as methods. `control-server.ts` offers the same over HTTP. */
export class Control {
  readonly #site: Site;
  readonly #hub: PushHub;

  constructor(site: Site, hub: PushHub) {
    this.#site = site;
    this.#hub = hub;
  }

  /** Begins a new world. All sessions, faults, QR codes and log entries are gone; listeners stay. */
  reset(order: ResetOrder): { accounts: AccountSummary[] } {
    const { options, clock } = this.#site;
    if (order.nowMs !== undefined) clock.set(order.nowMs);
    this.#site.reset({
      seed: order.seed ?? options.seed,
      accountCount: order.accounts ?? options.accountCount,
      profile: order.profile ?? options.profile,
      variant: { ...options.variant, ...definedOnly(order.variant ?? {}) },
    });
    this.#hub.cutAll();
    return { accounts: this.accounts() };
  }

  clock(order: ClockOrder): { nowMs: number; isFrozen: boolean } {
    const { clock } = this.#site;
    if (order.nowMs !== undefined) clock.set(order.nowMs);
    if (order.advanceMs !== undefined) clock.advance(order.advanceMs);
    if (order.isFrozen === true) clock.freeze();
    if (order.isFrozen === false) clock.resume();
    return { nowMs: clock.nowMs(), isFrozen: clock.isFrozen };
  }

  /** Adds seeded things that are simply there, without an event. @throws ControlError for an unknown account or work. */
  seed(order: SeedOrder): { works: string[]; conversations: string[] } {
    const account = this.#account(order.account);
    const { world, clock } = this.#site;
    const works = order.works ? world.seedMoreWorks(account, order.works.count, order.works.commentsEach ?? 10) : [];
    if (order.comments) {
      const work = account.work(order.comments.work);
      if (!work) throw new ControlError(`no work ${order.comments.work}`);
      world.seedComments(account, work, order.comments.count);
    }
    const wanted = order.conversations;
    const all = wanted
      ? seedConversations(
          { ...account.context, nowMs: clock.nowMs() },
          account.conversations().length + wanted.count,
          wanted.messagesEach ?? 8,
        )
      : [];
    const conversations = all.filter((conversation) => !account.conversation(conversation.id));
    for (const conversation of conversations) account.addConversation(conversation);
    return {
      works: works.map((work) => work.awemeId),
      conversations: conversations.map((conversation) => conversation.id),
    };
  }

  /** One thing happens; pages learn of it at once. @throws ControlError when it names something unknown. */
  event(event: SimEvent): EventResult {
    return applyEvent(this.#site, event);
  }

  /** Orders a fault. `same_name` and `title_dup` change the world at once and stay. */
  addFault(order: FaultOrder): ActiveFault {
    if (order.kind === 'same_name') this.#makeSameName(order.match?.account);
    if (order.kind === 'title_dup') this.#makeSameTitle(order.match?.account);
    return this.#site.faults.add(order);
  }

  removeFaults(which: { id?: string | undefined; kind?: string | undefined }): { removed: number } {
    return { removed: this.#site.faults.remove(which) };
  }

  faults(): readonly ActiveFault[] {
    return this.#site.faults.list();
  }

  /** Cookies for an account, or a step of the QR code on show. @throws ControlError for an unknown account or no waiting code. */
  login(order: LoginOrder): LoginResult {
    if (order.action !== undefined) return this.#moveQr(order);
    const account = this.#account(order.account ?? 'a1');
    const session = this.#site.sessions.open(account.uid, this.#site.clock.nowMs());
    this.#site.log.add({ kind: 'login', account: account.key, result: 'accepted' });
    return { account: account.key, cookies: this.#site.sessions.cookies(session, this.#site.clock.realNowMs()) };
  }

  loginAttempts(): LoginAttempt[] {
    return this.#site.logins.list();
  }

  /** Revokes every session of an account, as the server side can at any time. */
  expireSession(order: ExpireOrder): { ended: number } {
    const account = this.#account(order.account);
    const ended = this.#site.sessions.expire(account.uid);
    this.#hub.cut(account.uid);
    return { ended };
  }

  log(filter: LogFilter = {}): { entries: LogEntry[]; dropped: number; last: number } {
    return this.#site.log.read(filter);
  }

  accounts(): AccountSummary[] {
    return this.#site.world.accounts.map(summary);
  }

  contents(accountKey: string): AccountContents {
    const account = this.#account(accountKey);
    return {
      account: summary(account),
      works: account
        .works()
        .filter((work) => !work.flags.isDeleted)
        .map((work) => ({
          awemeId: work.awemeId,
          title: work.title,
          commentCount: work.comments.count,
          isPrivate: work.flags.isPrivate,
        })),
      conversations: account.conversations().map((conversation) => ({
        id: conversation.id,
        peerUid: conversation.peer.uid,
        peerName: conversation.peer.nickname,
        messageCount: conversation.messages.length,
        unreadCount: conversation.unreadCount,
        lastServerId: conversation.messages.at(-1)?.serverId ?? '',
      })),
    };
  }

  #account(keyOrUid: string): AccountWorld {
    const account = this.#site.world.account(keyOrUid);
    if (!account) throw new ControlError(`no account ${keyOrUid}`);
    return account;
  }

  #moveQr(order: LoginOrder): LoginResult {
    const attempt = this.#site.logins.pending(order.token);
    if (!attempt) throw new ControlError('no QR code is waiting');
    const accounts = this.#site.world.accounts;
    const wanted = this.#account(order.account ?? accounts[0]?.key ?? 'a1');
    switch (order.action) {
      case 'scan':
        attempt.state = 'scanned';
        break;
      case 'confirm':
        Object.assign(attempt, { state: 'confirmed', accountUid: wanted.uid });
        break;
      case 'other_user':
        // Somebody else scans: any account but the wanted one.
        Object.assign(attempt, { state: 'confirmed', accountUid: accounts.find((account) => account !== wanted)?.uid });
        break;
      case 'second_factor':
        Object.assign(attempt, { state: 'second_factor', accountUid: wanted.uid });
        break;
      case 'cancel':
        attempt.state = 'cancelled';
        break;
      case 'expire':
        attempt.state = 'expired';
        break;
      case undefined:
        break;
    }
    return { attempt: { ...attempt } };
  }

  #makeSameName(accountKey: string | undefined): void {
    const account = this.#account(accountKey ?? 'a1');
    const work = account.works().find(({ flags }) => !flags.isPrivate && !flags.isDeleted);
    const [first, second] = [account.people.at(0), account.people.at(2)];
    second.nickname = first.nickname;
    if (!work) return;
    const text = '同款还有吗';
    for (const author of [first, second]) this.#site.world.addComment(account, { work, author, text });
  }

  #makeSameTitle(accountKey: string | undefined): void {
    const [first, second] = this.#account(accountKey ?? 'a1').works();
    if (first && second) Object.assign(second, { title: first.title, desc: first.desc });
  }
}

function summary(account: AccountWorld): AccountSummary {
  const { uid, secUid, nickname, uniqueId } = account.brand;
  return {
    key: account.key,
    uid,
    secUid,
    nickname,
    uniqueId,
    workCount: account.works().length,
    conversationCount: account.conversations().length,
  };
}

function definedOnly<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  // Leaving out undefined fields is exactly what the return type says.
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
