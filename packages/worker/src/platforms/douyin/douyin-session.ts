import type { Page } from 'playwright-core';
import { ResponseTap, type TappedAnswer } from '../../browser/response-tap.ts';
import type { Op } from '../../lib/op.ts';
import type { Fact } from '../fact.ts';
import type {
  EchoCheck,
  LoginCheck,
  LoginEnd,
  PlatformSession,
  SendOutcome,
  SendRequest,
  SessionEnv,
  SyncDepth,
  SyncEnd,
} from '../platform-adapter.ts';
import { type Answer, AnswerBus } from './answer-bus.ts';
import { classify } from './classify.ts';
import { type DouyinBases, PAGES } from './contract.ts';
import { Desk, PageRefused, STATE_BINDING } from './desk.ts';
import { routeOf } from './dispatch.ts';
import { factsOf } from './facts-of.ts';
import { showCodes } from './login.ts';
import { inPage, watchState } from './page/in-page.ts';
import { recordOf, recordsOf } from './parse/fields.ts';
import { parseMessages } from './parse/parse-messages.ts';
import { parseNotices } from './parse/parse-notices.ts';
import { parseProfile } from './parse/parse-profile.ts';
import { type Reach, reachByCount, readComments, worksToLookAt } from './read-comments.ts';
import {
  compareRows,
  conversationsToOpen,
  messageIndexOf,
  notePushed,
  readConversations,
  readingOf,
  readPageState,
  type StoreReading,
} from './read-messages.ts';
import { readWorks } from './read-works.ts';
import { findCommentEcho, replyToComment } from './reply-comment.ts';
import { findMessageEcho, replyToMessage } from './reply-message.ts';

/** What an operator reads while the page state is not to be found. */
const STATE_MISSING = 'the platform changed its page: new messages are read from the chat page, and come later';
/** What the page state said. `isEmpty` = it was there, without conversations. */
type StateReading = {
  readonly toOpen: readonly string[];
  readonly indexes: ReadonlyMap<string, number>;
  readonly isEmpty: boolean;
};

/** Scrubbed samples of what was not understood are cut to this. */
const SAMPLE_LIMIT_CHARS = 2_000;

/** A full reading passes over none. */
const NO_WORKS: ReadonlySet<string> = new Set();
const FULL: Reach = { kind: 'full' };
const LOOK: Reach = { kind: 'look' };

export class DouyinSession implements PlatformSession {
  readonly #desk: Desk;
  readonly #tap: ResponseTap;
  #isWatching = false;

  constructor(env: SessionEnv, bases: DouyinBases) {
    this.#desk = new Desk(env, bases, new AnswerBus());
    this.#desk.selfId = env.platformUserId() ?? '';
    this.#tap = new ResponseTap({
      context: env.browser.context,
      wants: (method, url) => routeOf(method, url, bases) !== undefined,
      onAnswer: (tapped) => this.#take(tapped),
      onError: () => env.oddities.note('bodyLost'),
    });
  }

  async checkLogin(op: Op): Promise<LoginCheck> {
    const desk = this.#desk;
    const page = await desk.tab(op, 'crawl');
    const listening = desk.bus.listen(page, 'account');
    try {
      await desk.visit(op, page, desk.creator(PAGES.creatorHome));
      const answer = await listening.next(op, desk.env.pacing.patienceMs);
      return this.#judge(answer);
    } catch (error) {
      if (!(error instanceof PageRefused)) throw error;
      return error.why === 'challenge'
        ? { kind: 'challenge', detail: error.message }
        : { kind: 'loginRequired', detail: error.message };
    } finally {
      listening.stop();
    }
  }

  async login(op: Op, show: (code: { image: string; expiresAt: number }) => void): Promise<LoginEnd> {
    const end = await showCodes(op, this.#desk, show);
    if (end.kind !== 'entered') return end;
    const check = await this.checkLogin(op);
    switch (check.kind) {
      case 'loggedIn':
      case 'wrongUser':
      case 'challenge':
        return check;
      case 'loginRequired':
        return { kind: 'expired' };
    }
  }

  async watch(op: Op): Promise<void> {
    const page = await this.#desk.tab(op, 'realtime');
    if (!this.#isWatching) {
      await op.race(page.exposeBinding(STATE_BINDING, (_source, batch: unknown) => this.#takeState(batch)));
      await op.race(page.addInitScript({ content: inPage(watchState, this.#desk.pageConfig) }));
      page.on('crash', () => this.#desk.env.onSignal({ kind: 'broken', detail: 'the watching tab crashed' }));
      this.#isWatching = true;
    }
    await this.#desk.visit(op, page, this.#desk.www(PAGES.wwwHome));
  }

  async sync(op: Op, depth: SyncDepth): Promise<SyncEnd> {
    const desk = this.#desk;
    desk.isFull = false;
    try {
      // What an open page holds costs nothing and shows most; opening conversations one by one comes last.
      const reading = await this.#readState(op, depth);
      const comments = depth === 'state' ? undefined : await this.#syncComments(op, depth);
      const messages = reading === 'full' ? 'the outbox is full' : await this.#syncMessages(op, depth, reading);
      const why = messages ?? comments ?? (desk.isFull ? 'the outbox is full' : undefined);
      return why === undefined ? { kind: 'complete' } : { kind: 'incomplete', why };
    } catch (error) {
      if (!(error instanceof PageRefused)) throw error;
      desk.env.onSignal({ kind: error.why === 'challenge' ? 'challenge' : 'loginExpired', detail: error.message });
      return { kind: 'incomplete', why: error.message };
    }
  }

  async sendReply(op: Op, request: SendRequest, beforeClick: () => Promise<'go' | 'stop'>): Promise<SendOutcome> {
    return this.#act(op, (page) =>
      request.topic.kind === 'content'
        ? replyToComment(op, this.#desk, page, request, beforeClick)
        : replyToMessage(op, this.#desk, page, request, beforeClick),
    );
  }

  async findEcho(op: Op, request: SendRequest, sinceMs: number): Promise<EchoCheck> {
    try {
      return await this.#act(op, (page) =>
        request.topic.kind === 'content'
          ? findCommentEcho(op, this.#desk, page, request, sinceMs)
          : findMessageEcho(op, this.#desk, page, request, sinceMs),
      );
    } catch (error) {
      op.signal.throwIfAborted();
      return { kind: 'unreadable', why: error instanceof Error ? error.message.slice(0, 200) : 'unknown' };
    }
  }

  async close(): Promise<void> {
    await this.#tap.close();
  }

  /** Acts in a tab of its own, which is closed afterwards whatever is left in its boxes. */
  async #act<T>(op: Op, act: (page: Page) => Promise<T>): Promise<T> {
    const page = await this.#desk.tab(op, 'action');
    try {
      return await act(page);
    } finally {
      await page.close().catch(() => this.#desk.env.oddities.note('actionTabLost'));
    }
  }

  #judge(answer: Answer | undefined): LoginCheck {
    const desk = this.#desk;
    if (!answer) throw new Error('the page did not say who is logged in');
    const { verdict } = answer;
    if (verdict.kind === 'loginExpired') return { kind: 'loginRequired', detail: verdict.detail };
    if (verdict.kind === 'challenge') return { kind: 'challenge', detail: verdict.detail };
    const profile = verdict.kind === 'ok' ? parseProfile(verdict.body, desk.env.clock.now()) : undefined;
    if (!profile)
      throw new Error(`the account answer was not understood: ${'detail' in verdict ? verdict.detail : 'no user'}`);
    const wanted = desk.env.platformUserId();
    // An account that came from the existing system may be known by its public handle until its first login here.
    const isWanted = [profile.platformUserId, profile.handle, ...(profile.aliases ?? [])].includes(wanted);
    if (wanted !== undefined && !isWanted) return { kind: 'wrongUser', userId: profile.platformUserId };
    desk.selfId = profile.platformUserId;
    desk.env.sink.observe([{ kind: 'profile', facts: profile }]);
    return { kind: 'loggedIn', userId: profile.platformUserId };
  }

  /** Takes in the page state, and which conversations it shows to be incomplete; nothing when it is not to be found. */
  async #readState(op: Op, depth: SyncDepth): Promise<StateReading | 'full'> {
    const desk = this.#desk;
    const reading = await this.#findState(op, depth);
    this.#limit(reading === undefined);
    const indexes = new Map<string, number>();
    if (!reading) return { toOpen: [], indexes, isEmpty: false };
    const toOpen = conversationsToOpen(desk, reading.conversations);
    if (desk.env.sink.observe(reading.facts) === 'full') return 'full';
    for (const conversation of reading.conversations) {
      const index = messageIndexOf(recordOf(conversation.lastMessage));
      if (index !== undefined) indexes.set(String(conversation.id), index);
    }
    return { toOpen, indexes, isEmpty: reading.conversations.length === 0 };
  }

  /** A page that does not show its state is loaded anew with the next sync that is more than a look. */
  async #findState(op: Op, depth: SyncDepth): Promise<StoreReading | undefined> {
    const desk = this.#desk;
    const { patienceMs } = desk.env.pacing;
    const look = () => readPageState(op, desk);
    const found = desk.isStateMissing ? await look() : await desk.until(op, patienceMs, look);
    if (found || depth === 'state') return found;
    await desk.visit(op, await desk.tab(op, 'realtime'), desk.www(PAGES.wwwHome));
    return desk.until(op, desk.isStateMissing ? patienceMs / 3 : patienceMs, look);
  }

  #limit(isStateMissing: boolean): void {
    const { env } = this.#desk;
    if (isStateMissing) env.oddities.note('imStoreMissing');
    if (isStateMissing === this.#desk.isStateMissing) return;
    this.#desk.isStateMissing = isStateMissing;
    env.log.warn({ accountId: env.accountId, isStateMissing }, 'the page state went or came back');
    env.onSignal({ kind: 'limited', detail: isStateMissing ? STATE_MISSING : '' });
  }

  /** Reads conversations that are incomplete. Undefined when everything was read, else why not. */
  async #syncMessages(op: Op, depth: SyncDepth, reading: StateReading): Promise<string | undefined> {
    const desk = this.#desk;
    const isCompared = desk.isStateMissing || depth === 'full' || (depth === 'light' && !reading.isEmpty);
    const rows = isCompared ? await compareRows(op, desk, depth) : undefined;
    if (rows === 'noRows' && !reading.isEmpty) return 'the chat page shows no conversations';
    if (desk.isFull) return 'the outbox is full';
    const known = rows === 'noRows' ? undefined : rows;
    const ids = new Set([...reading.toOpen, ...(known?.news.keys() ?? [])]);
    const end = await readConversations(op, desk, [...ids], reading.indexes, known);
    return end === 'complete' ? undefined : 'some conversations are still to be read';
  }

  async #syncComments(op: Op, depth: Exclude<SyncDepth, 'state'>): Promise<string | undefined> {
    const desk = this.#desk;
    const { works, end } = await readWorks(op, desk);
    let why = end === 'complete' ? undefined : `the works list ended ${end}`;
    const looks = depth === 'full' ? NO_WORKS : worksToLookAt(desk, works);
    for (const work of works) {
      if (desk.isFull) return 'the outbox is full';
      const asked = depth === 'full' ? FULL : reachByCount(desk, work);
      const reach = asked ?? (looks.has(work.id) ? LOOK : undefined);
      if (reach === undefined) continue;
      if ((work.stats?.commentCount ?? 0) === 0 && desk.env.sink.knownItems('comment', work.id).length === 0) continue;
      const read = await readComments(op, desk, work, reach);
      if (read === 'partial' || read === 'silent') why ??= `the comments of a work were read ${read}`;
      await desk.pause(op);
    }
    return why;
  }

  #take(tapped: TappedAnswer): void {
    const { env, bases, bus } = this.#desk;
    const route = routeOf(tapped.method, tapped.url, bases);
    if (!route) return;
    const verdict = classify({ status: tapped.status, text: tapped.text, kind: route === 'write' ? 'write' : 'read' });
    const answer: Answer = { route, tapped, verdict };
    switch (verdict.kind) {
      case 'ok':
        this.#observe(answer);
        break;
      case 'loginExpired':
      case 'challenge':
        env.onSignal(verdict);
        break;
      case 'transient':
        env.oddities.note(`transient:${route}`, tapped.text.slice(0, SAMPLE_LIMIT_CHARS));
        break;
      case 'refused':
        env.oddities.note(`refused:${route}:${verdict.code}`);
        env.log.warn({ accountId: env.accountId, route, code: verdict.code }, 'the platform refused a call');
        break;
    }
    bus.publish(answer);
  }

  #observe(answer: Answer): void {
    const { env } = this.#desk;
    try {
      this.#keep(factsOf(this.#desk, answer));
    } catch (error) {
      env.oddities.note(`parserFailed:${answer.route}`, answer.tapped.text.slice(0, SAMPLE_LIMIT_CHARS));
      env.log.error({ accountId: env.accountId, route: answer.route, err: error }, 'a parser failed');
    }
  }

  #keep(facts: readonly Fact[]): void {
    if (facts.length > 0 && this.#desk.env.sink.observe(facts) === 'full') this.#desk.isFull = true;
  }

  /** What the watched page handed over: pushed messages and notices, changed conversations. */
  #takeState(batch: unknown): void {
    const desk = this.#desk;
    const fields = recordOf(batch);
    if (!fields || desk.selfId === '') return;
    try {
      const reading = readingOf(desk, recordsOf(fields.conversations), fields.profiles);
      const pushed = recordsOf(fields.messages);
      const notices = parseNotices(fields.notices, desk.parseContext);
      for (const type of notices.unknownTypes) desk.env.oddities.note(`noticeType:${type}`);
      this.#keep([...reading.facts, ...parseMessages(pushed, desk.parseContext, 'pageState'), ...notices.facts]);
      if (desk.isFull) return;
      for (const message of pushed) notePushed(desk, message);
      for (const conversation of reading.conversations) notePushed(desk, recordOf(conversation.lastMessage));
      for (const id of Array.isArray(fields.touched) ? fields.touched : []) desk.touched.add(String(id));
    } catch (error) {
      desk.env.oddities.note('parserFailed:pageState');
      desk.env.log.error({ accountId: desk.env.accountId, err: error }, 'the page state was not understood');
    }
  }
}
