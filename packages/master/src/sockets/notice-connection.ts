import type { Duplex } from 'node:stream';
import type { Cancel, Clock } from '@hiscrm/shared/lib/clock.ts';
import { unreachable } from '@hiscrm/shared/lib/must.ts';
import type { UserId } from '@hiscrm/shared/model/ids.ts';
import type { ReceiptState } from '@hiscrm/shared/model/notice-change.ts';
import type { Principal } from '@hiscrm/shared/model/visibility.ts';
import { type ErrorCode, type ErrorDetails, ImError, toWireError } from '@hiscrm/shared/protocol/errors.ts';
import {
  type ByeReason,
  CLOSE_POLICY,
  type NoticeDown,
  type NoticeUp,
  noticeUpSchema,
} from '@hiscrm/shared/protocol/notice-link.ts';
import { textParserOf } from '@hiscrm/shared/protocol/validate.ts';
import type { RawData, WebSocket } from 'ws';
import { textFrame } from '../hub/prepared-frame.ts';
import type { Logger } from '../lib/logger.ts';
import { TokenBucket } from '../lib/token-bucket.ts';
import type { NoticeHub } from '../notices/notice-hub.ts';
import type { NoticeLink } from '../notices/notice-link.ts';
import type { ReceiptAnswer, ReceiptListener } from '../notices/received-up-to.ts';
import type { AckFrames } from './ack-frames.ts';
import { FrameWriter } from './frame-writer.ts';
import type { NoticeSocketLimits } from './notice-socket-limits.ts';
import { judgeSilence } from './silence.ts';

const parse = textParserOf(noticeUpSchema);
const BAD_FRAME_WINDOW_MS = 60_000;
const NEVER: readonly number[] = [];
/** A peer that does not answer a close frame within this long is cut. */
const CLOSE_PATIENCE_MS = 3_000;
/** A client that was cut for reading slowly comes back after this. */
const SLOW_RECONNECT_MS = 1_000;

/** What every connection of a server shares. */
export type NoticeConnectionContext = {
  readonly hub: NoticeHub;
  readonly acks: AckFrames;
  readonly principalOf: (token: string) => Principal | undefined;
  readonly clock: Clock;
  readonly limits: NoticeSocketLimits;
  readonly lc: Logger;
  readonly onBadFrame: () => void;
  readonly onClosed: (connection: NoticeConnection) => void;
};

/** One socket of a notice client. */
export class NoticeConnection implements NoticeLink, ReceiptListener {
  readonly id: string;
  readonly format = 'plain';
  readonly userId: UserId;
  readonly username: string;
  readonly address: string;
  readonly agent: string;
  readonly since: number;
  readonly #ws: WebSocket;
  readonly #writer: FrameWriter;
  readonly #context: NoticeConnectionContext;
  readonly #token: string;
  readonly #bucket: TokenBucket;
  /** Until the client has said where to go on, or this was long enough: a timer that is over would be kept with all that hangs on it. */
  #cancelGrace: Cancel | undefined;
  #lastSeenAt: number;
  #badFrameTimes = NEVER;
  #isClosing = false;

  constructor(options: {
    readonly id: string;
    readonly ws: WebSocket;
    readonly stream: Duplex;
    readonly token: string;
    readonly principal: Principal;
    readonly address: string;
    readonly agent: string;
    readonly context: NoticeConnectionContext;
  }) {
    const { context, principal, ws } = options;
    const { clock, limits, hub } = context;
    this.id = options.id;
    this.userId = principal.userId;
    this.username = principal.username;
    this.address = options.address;
    this.agent = options.agent;
    this.since = clock.now();
    this.#lastSeenAt = this.since;
    this.#ws = ws;
    this.#writer = new FrameWriter(ws, options.stream);
    this.#context = context;
    this.#token = options.token;
    this.#bucket = new TokenBucket({
      burstCount: limits.frameBurstCount,
      perSecond: limits.framesPerSecond,
      now: this.since,
    });
    ws.on('message', (data, isBinary) => this.#onMessage(data, isBinary));
    ws.on('pong', () => {
      this.#lastSeenAt = clock.now();
    });
    ws.on('close', () => this.#onClose());
    ws.on('error', (error) => context.lc.debug({ err: error, connectionId: this.id }, 'notice socket error'));
    this.#send({
      type: 'connected',
      connectionId: this.id,
      userId: this.userId,
      serverTime: this.since,
      heartbeatMs: limits.heartbeatMs,
    });
    hub.enter(this);
    // One turn later: after a busy moment the resume may have arrived and not been read yet.
    this.#cancelGrace = clock.after(limits.resumeGraceMs, () => setImmediate(() => this.#startUnasked()));
  }

  // The hub's side.

  get lastSeenAt(): number {
    return this.#lastSeenAt;
  }
  get bufferedBytes(): number {
    return this.#writer.bufferedBytes;
  }
  write(frame: Buffer): void {
    this.#writer.write(frame);
  }
  flush(): void {
    this.#writer.flush();
  }
  tooSlow(): void {
    this.bye('slow_consumer', CLOSE_POLICY, SLOW_RECONNECT_MS);
  }

  // To what it said it has.

  onReceived(answer: ReceiptAnswer): void {
    this.#onAnswer('delivered', answer);
  }
  onReceiveFailed(error: unknown): void {
    if (error instanceof ImError) this.#refuse(error.code, error.details);
    else {
      this.#context.lc.error({ err: error, requestId: this.id }, 'a receipt failed through a bug');
      this.#refuse('INTERNAL', { requestId: this.id });
    }
  }

  // The server's side.

  /** Asks a silent peer whether it is there, and closes when it does not answer. */
  tick(now: number): void {
    const silence = judgeSilence(now - this.#lastSeenAt, this.#context.limits.goneAfterMs);
    if (silence === 'gone') this.bye('heartbeat_missed', CLOSE_POLICY, 0);
    else if (silence === 'ask' && !this.#isClosing) this.#ws.ping();
  }

  /** Cuts a connection whose session was revoked. */
  recheck(): void {
    const principal = this.#context.principalOf(this.#token);
    if (principal?.userId !== this.userId) this.bye('revoked', CLOSE_POLICY, 0);
  }

  /** Says why, closes, and cuts a peer that does not hang up. Safe twice. */
  bye(reason: ByeReason, code: number, reconnectAfterMs: number): void {
    if (this.#isClosing) return;
    this.#leave();
    this.#send({ type: 'bye', reason, reconnectAfterMs });
    this.#ws.close(code, reason);
    const cancel = this.#context.clock.after(CLOSE_PATIENCE_MS, () => this.#ws.terminate());
    this.#ws.once('close', cancel);
  }

  terminate(): void {
    this.#ws.terminate();
  }

  #endGrace(): void {
    this.#cancelGrace?.();
    this.#cancelGrace = undefined;
  }

  #startUnasked(): void {
    this.#endGrace();
    if (!this.#isClosing) this.#context.hub.start(this);
  }

  #leave(): void {
    this.#isClosing = true;
    this.#endGrace();
    this.#context.hub.leave(this);
  }

  #onClose(): void {
    this.#leave();
    this.#context.onClosed(this);
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    if (this.#isClosing) return;
    const { clock, limits } = this.#context;
    this.#lastSeenAt = clock.now();
    const waitMs = this.#bucket.take(this.#lastSeenAt);
    const bytes = data as Buffer; // `binaryType` is left at nodebuffer
    if (waitMs > 0) this.#badFrame('TOO_MANY', { retryAfterMs: waitMs });
    else if (isBinary) this.#badFrame('BAD_FRAME', { reason: 'frames are text' });
    else if (bytes.length > limits.frameBytes) this.#badFrame('TOO_LARGE', { limitBytes: limits.frameBytes });
    else {
      const read = parse(bytes.toString('utf8'));
      if (read.ok) this.#handle(read.value);
      else this.#badFrame('BAD_FRAME', { reason: read.reason.startsWith('not JSON') ? 'not JSON' : read.reason });
    }
  }

  #handle(frame: NoticeUp): void {
    const { hub } = this.#context;
    switch (frame.type) {
      case 'ping':
        this.#send({ type: 'pong' });
        return;
      case 'resume':
        this.#endGrace();
        hub.resume(this, frame.offset, this);
        return;
      case 'ack':
        if ('uptoOffset' in frame) hub.acknowledgeUpTo(this, frame.uptoOffset, this);
        else this.#answer('delivered', this.#receive('delivered', frame.messageIds));
        return;
      case 'read':
        if (frame.messageIds === 'all') {
          this.#answer(
            'read',
            hub.readAll(this.userId).then(() => ({ messageIds: [], unknownIds: [] })),
          );
        } else this.#answer('read', this.#receive('read', frame.messageIds));
        return;
      case 'confirm':
        this.#answer('confirmed', this.#receive('confirmed', [frame.messageId]));
        return;
      default:
        unreachable(frame);
    }
  }

  #receive(state: ReceiptState, messageIds: readonly string[]): Promise<ReceiptAnswer> {
    return this.#context.hub.receive({ userId: this.userId, messageIds, state, link: this });
  }

  #answer(state: ReceiptState, answer: Promise<ReceiptAnswer>): void {
    answer.then(
      (receipts) => this.#onAnswer(state, receipts),
      (error: unknown) => this.onReceiveFailed(error),
    );
  }

  #onAnswer(state: ReceiptState, { messageIds, unknownIds }: ReceiptAnswer): void {
    if (messageIds.length > 0 || unknownIds.length === 0) this.#acknowledge(messageIds, state);
    for (const ref of unknownIds) this.#refuse('NOT_FOUND', {}, ref);
  }

  #acknowledge(messageIds: readonly string[], state: ReceiptState): void {
    const frame = this.#context.acks.of(messageIds, state);
    if (this.#context.hub.isQueued(this)) this.#writer.keep(frame);
    else this.#writer.write(frame);
  }

  #badFrame(code: ErrorCode, details: ErrorDetails): void {
    const { clock, limits, onBadFrame } = this.#context;
    onBadFrame();
    const now = clock.now();
    this.#badFrameTimes = [...this.#badFrameTimes.filter((at) => now - at < BAD_FRAME_WINDOW_MS), now];
    const isFatal = this.#badFrameTimes.length >= limits.badFrameCount;
    const { message } = toWireError(code, details);
    this.#send({ type: 'error', code, message, ...(isFatal && { fatal: true }) });
    if (isFatal) this.bye('bad_frames', CLOSE_POLICY, 0);
  }

  #refuse(code: ErrorCode, details: ErrorDetails, ref?: string): void {
    this.#send({ type: 'error', code, message: toWireError(code, details).message, ...(ref !== undefined && { ref }) });
  }

  #send(frame: NoticeDown): void {
    this.#writer.write(textFrame(JSON.stringify(frame)));
  }
}
