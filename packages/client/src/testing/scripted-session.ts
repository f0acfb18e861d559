import { unreachable } from '@hiscrm/shared/lib/must.ts';
import type { Change } from '@hiscrm/shared/model/change.ts';
import type { AccountId, ReplyId, UserId } from '@hiscrm/shared/model/ids.ts';
import { type ClientDown, type ClientUp, clientUpSchema } from '@hiscrm/shared/protocol/client-link.ts';
import { type ErrorCode, type ErrorDetails, toWireError } from '@hiscrm/shared/protocol/errors.ts';
import { textParserOf } from '@hiscrm/shared/protocol/validate.ts';
import type { ScriptedMaster } from './scripted-master.ts';

const parseUp = textParserOf(clientUpSchema);
/** Rows in one catch-up frame. */
const PIECE_COUNT = 7;

export type SessionOptions = {
  readonly master: ScriptedMaster;
  readonly send: (frame: ClientDown) => void;
  readonly now: () => number;
  readonly user?: { readonly id: string; readonly username: string; readonly role: string };
  /** A client further behind than this is told to start over. */
  readonly keptRowCount?: number;
  /** Consulted before a command acts: an error refuses it. */
  readonly refuse?: (frame: Extract<ClientUp, { type: 'command' }>) => ErrorCode | undefined;
};

/** The server's side of one connection to a `ScriptedMaster`. */
export class ScriptedSession {
  readonly #options: SessionOptions;
  readonly #user: { readonly id: string; readonly username: string; readonly role: string };
  #cancel: () => void = () => undefined;
  #leaveNotices: () => void = () => undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#user = options.user ?? { id: 'user-1', username: 'lin', role: 'admin' };
  }

  close(): void {
    this.#cancel();
    this.#leaveNotices();
  }

  receive(text: string): void {
    const parsed = parseUp(text);
    if (!parsed.ok) {
      this.#options.send({ type: 'refused', error: toWireError('BAD_FRAME', { reason: parsed.reason }) });
      return;
    }
    const frame = parsed.value;
    switch (frame.type) {
      case 'hello':
        this.#greet(frame);
        return;
      case 'ping':
        this.#options.send({ type: 'pong' });
        return;
      case 'query':
        this.#options.send({
          type: 'answer',
          id: frame.id,
          asOf: this.#options.master.head,
          result: this.#options.master.answer(frame.name, frame.params),
        });
        return;
      case 'command':
        this.#command(frame);
        return;
      case 'shown':
        return;
      default:
        unreachable(frame);
    }
  }

  #greet({ resume, notices }: Extract<ClientUp, { type: 'hello' }>): void {
    const { master, send, now } = this.#options;
    send({
      type: 'welcome',
      protocol: 1,
      connectionId: 'connection-1',
      epoch: master.epoch,
      user: this.#user,
      serverTime: now(),
      heartbeatMs: 20_000,
      serverVersion: '0.1.0',
    });
    const isKnown = resume && resume.epoch === master.epoch && resume.seq <= master.head;
    const isKept = isKnown && master.head - resume.seq <= (this.#options.keptRowCount ?? Number.POSITIVE_INFINITY);
    if (isKept) for (const frame of master.missedAfter(resume.seq, PIECE_COUNT)) send(frame);
    else {
      if (resume) send({ type: 'reset', reason: isKnown ? 'tooOld' : 'otherEpoch' });
      send(master.snapshot());
    }
    this.#cancel = master.subscribe(send);
    if (notices) this.#leaveNotices = master.notices.join(send, isKnown ? notices.offset : undefined);
  }

  #command(frame: Extract<ClientUp, { type: 'command' }>): void {
    const code = this.#options.refuse?.(frame);
    if (code !== undefined) this.#refuse(frame.id, code);
    else this.#act(frame);
  }

  #act(frame: Extract<ClientUp, { type: 'command' }>): void {
    const { master, now } = this.#options;
    const byUserId = this.#user.id as UserId;
    const at = now();
    switch (frame.name) {
      case 'markRead': {
        const { topic, upToSeq } = frame.params;
        this.#do(frame.id, { kind: 'topic.read', accountId: topic.accountId, topic, upToSeq, at, byUserId });
        return;
      }
      case 'markTopic': {
        const { topic } = frame.params;
        this.#do(frame.id, { kind: 'topic.marked', accountId: topic.accountId, ...frame.params, at, byUserId });
        return;
      }
      case 'markItemsRead':
        this.#do(frame.id, { kind: 'items.read', ...frame.params, at, byUserId });
        return;
      case 'sendReply':
        this.#reply(frame);
        return;
      case 'settleReply': {
        const { replyId, wasSent } = frame.params;
        const reply = master.view.reply(replyId);
        if (!reply) {
          this.#refuse(frame.id, 'REPLY_NOT_FOUND');
          return;
        }
        const base = { accountId: reply.accountId, replyId, at, settledBy: 'person', byUserId } as const;
        this.#do(
          frame.id,
          wasSent ? { kind: 'reply.sent', ...base } : { kind: 'reply.rejected', ...base, reason: 'other' },
        );
        return;
      }
      case 'addAccount': {
        const accountId = `acc-${master.head + 1}` as AccountId;
        this.#do(frame.id, { kind: 'account.added', accountId, ...frame.params, at, byUserId }, { accountId });
        return;
      }
      case 'changeAccount':
        this.#do(frame.id, { kind: 'account.changed', ...frame.params, byUserId });
        return;
      case 'removeAccount':
        this.#do(frame.id, { kind: 'account.removed', ...frame.params, byUserId });
        return;
      case 'markNotices':
        this.#options.send({ type: 'done', id: frame.id, result: master.notices.mark(frame.params) });
        return;
      case 'requestSync':
      case 'startLogin':
        this.#options.send({ type: 'done', id: frame.id, result: {} });
        return;
      default:
        unreachable(frame);
    }
  }

  #reply({ id, key, params }: Extract<ClientUp, { type: 'command'; name: 'sendReply' }>): void {
    const { master, send, now } = this.#options;
    const known = [...master.view.replies.values()].find((reply) => reply.key === key);
    if (known) {
      send({ type: 'done', id, result: { seq: master.head, replyId: known.id } });
      return;
    }
    const { expectSeq, ...request } = params;
    const unseen = master
      .itemsOf(params.topic)
      .filter((item) => item.facts.direction === 'in' && item.arrivedSeq > (expectSeq ?? master.head));
    if (unseen.length > 0) {
      this.#refuse(id, 'STALE_VIEW', { unseenCount: unseen.length });
      return;
    }
    const replyId = `reply-${key}` as ReplyId;
    const reply = { ...request, id: replyId, byUserId: this.#user.id as UserId, key, requestedAt: now() };
    this.#do(id, { kind: 'reply.requested', accountId: params.topic.accountId, reply }, { replyId });
  }

  #do(id: number, change: Change, result: Readonly<Record<string, string>> = {}): void {
    const { master, send } = this.#options;
    master.commit([change]);
    send({ type: 'done', id, result: { seq: master.head, ...result } });
  }

  #refuse(id: number, code: ErrorCode, details: ErrorDetails = {}): void {
    this.#options.send({ type: 'refused', id, error: toWireError(code, details) });
  }
}
