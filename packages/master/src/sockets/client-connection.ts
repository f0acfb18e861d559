import type { Duplex } from 'node:stream';
import type { Clock } from '@hiscrm/shared/lib/clock.ts';
import { unreachable } from '@hiscrm/shared/lib/must.ts';
import type { Seq } from '@hiscrm/shared/model/ids.ts';
import type { Principal } from '@hiscrm/shared/model/visibility.ts';
import type { ClientDown, ClientUp, Hello } from '@hiscrm/shared/protocol/client-link.ts';
import { CLOSE, type CloseCode } from '@hiscrm/shared/protocol/close-codes.ts';
import { type ErrorCode, type ErrorDetails, ImError, toWireError } from '@hiscrm/shared/protocol/errors.ts';
import { CLIENT_PROTOCOL, CLIENT_PROTOCOL_FLOOR } from '@hiscrm/shared/protocol/version.ts';
import type { RawData, WebSocket } from 'ws';
import type { CommandRequest, RunCommand } from '../commands/command-request.ts';
import type { Hub, Subscription } from '../hub/hub.ts';
import { textFrame } from '../hub/prepared-frame.ts';
import type { Sink } from '../hub/subscriber.ts';
import type { Logger } from '../lib/logger.ts';
import { TokenBucket } from '../lib/token-bucket.ts';
import type { NoticeHub } from '../notices/notice-hub.ts';
import type { NoticeLink } from '../notices/notice-link.ts';
import type { StoreReader } from '../store/store-reader.ts';
import type { ClientLimits } from './client-limits.ts';
import { FrameWriter } from './frame-writer.ts';
import { idInText, readClientFrame } from './read-client-frame.ts';
import { type QueryRequest, runQuery } from './run-query.ts';
import { judgeSilence } from './silence.ts';

/** The window of `badFrameCount`. */
const BAD_FRAME_WINDOW_MS = 60_000;
/** A peer that does not answer a close frame within this long is cut. */
const CLOSE_PATIENCE_MS = 3_000;

/** A visible page of the user has drawn everything up to `upTo` that he may see. Never past what is durable. */
export type ShownReport = {
  readonly principal: Principal;
  readonly upTo: Seq;
  readonly at: number;
  /** When the page's connection said hello: what is older was not awaited by anybody there. */
  readonly since: number;
};

/** What every connection of a server shares. */
export type ConnectionContext = {
  readonly hub: Hub;
  readonly store: StoreReader;
  readonly runCommand: RunCommand;
  /** Without it nobody is sent notices. */
  readonly notices?: NoticeHub | undefined;
  readonly onShown?: ((report: ShownReport) => void) | undefined;
  /** The user behind a session token now. */
  readonly principalOf: (token: string) => Principal | undefined;
  readonly clock: Clock;
  readonly limits: ClientLimits;
  readonly lc: Logger;
  readonly serverVersion: string;
  readonly onFrame: (kind: ClientUp['type'] | 'bad') => void;
  readonly onClosed: (connection: ClientConnection) => void;
};

type State =
  | { readonly kind: 'awaitingHello'; readonly until: number }
  | { readonly kind: 'joined'; readonly since: number; readonly subscription: Subscription }
  | { readonly kind: 'closing' };

/** One client's socket: reads its frames, answers them, and carries the hub's. */
export class ClientConnection implements Sink {
  readonly id: string;
  readonly #ws: WebSocket;
  readonly #writer: FrameWriter;
  readonly #context: ConnectionContext;
  readonly #token: string;
  readonly #bucket: TokenBucket;
  #principal: Principal;
  #state: State;
  #lastHeardAt: number;
  #badFrameTimes: number[] = [];
  #commandsInFlightCount = 0;
  readonly #peer: { readonly address: string; readonly agent: string };
  #noticeLink: NoticeLink | undefined;

  constructor(options: {
    id: string;
    ws: WebSocket;
    stream: Duplex;
    token: string;
    principal: Principal;
    peer: { readonly address: string; readonly agent: string };
    context: ConnectionContext;
  }) {
    const { clock, limits } = options.context;
    this.id = options.id;
    this.#ws = options.ws;
    this.#writer = new FrameWriter(options.ws, options.stream);
    this.#context = options.context;
    this.#token = options.token;
    this.#peer = options.peer;
    this.#principal = options.principal;
    this.#lastHeardAt = clock.now();
    this.#state = { kind: 'awaitingHello', until: clock.now() + limits.helloMs };
    this.#bucket = new TokenBucket({
      burstCount: limits.frameBurstCount,
      perSecond: limits.framesPerSecond,
      now: clock.now(),
    });
    this.#ws.on('message', (data, isBinary) => this.#onMessage(data, isBinary));
    this.#ws.on('pong', () => {
      this.#lastHeardAt = clock.now();
    });
    this.#ws.on('close', () => this.#onClose());
    this.#ws.on('error', (error) =>
      this.#context.lc.debug({ err: error, connectionId: this.id }, 'client socket error'),
    );
  }

  get userId(): Principal['userId'] {
    return this.#principal.userId;
  }

  // The hub's side.

  get bufferedBytes(): number {
    return this.#writer.bufferedBytes;
  }
  write(frame: Buffer): void {
    this.#writer.write(frame);
  }
  drained(): Promise<void> {
    return this.#writer.drained();
  }
  tooSlow(): void {
    this.bye(CLOSE.tooSlow, 'tooSlow');
  }

  // The server's side.

  /** Closes when the hello is overdue; asks a silent peer whether it is there, and closes when it does not answer. */
  tick(now: number): void {
    if (this.#state.kind === 'awaitingHello' && now >= this.#state.until) {
      this.bye(CLOSE.badFrames, 'noHello');
      return;
    }
    const silence = judgeSilence(now - this.#lastHeardAt, this.#context.limits.goneAfterMs);
    if (silence === 'gone') this.bye(CLOSE.heartbeatMissed, 'heartbeatMissed');
    else if (silence === 'ask' && this.#state.kind !== 'closing') this.#ws.ping();
  }

  /** Asks again who this is: a revoked session is cut, other grants start again from a snapshot. */
  recheck(): void {
    if (this.#state.kind === 'closing') return;
    const principal = this.#context.principalOf(this.#token);
    if (!principal || principal.userId !== this.#principal.userId) {
      this.bye(CLOSE.sessionRevoked, 'sessionRevoked');
      return;
    }
    if (principal === this.#principal) return;
    this.#principal = principal;
    if (this.#state.kind === 'joined') this.#state.subscription.changePrincipal(principal);
  }

  /** Says why, closes, and cuts a peer that does not hang up. Safe twice. */
  bye(code: CloseCode, reason: string, reconnectAfterMs?: number | undefined): void {
    if (this.#state.kind === 'closing') return;
    this.#leave();
    this.#send({ type: 'bye', code, reason, ...(reconnectAfterMs !== undefined && { reconnectAfterMs }) });
    this.#ws.close(code, reason);
    const cancel = this.#context.clock.after(CLOSE_PATIENCE_MS, () => this.#ws.terminate());
    this.#ws.once('close', cancel);
  }

  /** Hangs up without a word. */
  terminate(): void {
    this.#ws.terminate();
  }

  #leave(): void {
    if (this.#state.kind === 'joined') this.#state.subscription.close();
    if (this.#noticeLink) this.#context.notices?.leave(this.#noticeLink);
    this.#noticeLink = undefined;
    this.#state = { kind: 'closing' };
  }

  #onClose(): void {
    this.#leave();
    this.#context.onClosed(this);
  }

  // Frames from the client.

  #onMessage(data: RawData, isBinary: boolean): void {
    if (this.#state.kind === 'closing') return;
    const { clock, limits } = this.#context;
    this.#lastHeardAt = clock.now();
    const waitMs = this.#bucket.take(clock.now());
    const bytes = data as Buffer; // `binaryType` is left at nodebuffer
    const isLarge = bytes.length > limits.frameBytes;
    if (waitMs === 0 && !isBinary && !isLarge) {
      this.#onText(bytes.toString('utf8'));
      return;
    }
    // By its id: who asked must hear of it, or waits for an answer that never comes. The server lets no frame in that is too large to read.
    const id = isBinary ? undefined : idInText(bytes.toString('utf8'));
    if (waitMs > 0) this.#refuse(id, 'TOO_MANY', { retryAfterMs: waitMs });
    else if (isBinary) this.#badFrame(id, 'BAD_FRAME', { reason: 'frames are text' });
    else this.#badFrame(id, 'TOO_LARGE', { limitBytes: limits.frameBytes });
  }

  #onText(text: string): void {
    const read = readClientFrame(text);
    if (!read.ok) {
      this.#badFrame(read.id, 'BAD_FRAME', { reason: read.reason });
      return;
    }
    this.#context.onFrame(read.frame.type);
    this.recheck();
    this.#handle(read.frame);
  }

  #handle(frame: ClientUp): void {
    const state = this.#state;
    if (state.kind === 'closing') return;
    if (frame.type === 'ping') this.#send({ type: 'pong' });
    else if (frame.type === 'hello') this.#hello(frame);
    else if (state.kind === 'awaitingHello') {
      this.#badFrame('id' in frame ? frame.id : undefined, 'BAD_FRAME', { reason: 'say hello first' });
    } else if (frame.type === 'shown') this.#shown(frame, state.since);
    else if (frame.type === 'query') this.#query(frame.id, frame, state.subscription);
    else if (frame.type === 'command') void this.#command(frame.id, frame, state.subscription);
    else unreachable(frame);
  }

  #hello(hello: Hello): void {
    if (this.#state.kind !== 'awaitingHello') {
      this.#badFrame(undefined, 'BAD_FRAME', { reason: 'hello was said already' });
      return;
    }
    if (hello.protocol < CLIENT_PROTOCOL_FLOOR) {
      this.#refuse(undefined, 'UNSUPPORTED_PROTOCOL', { supported: CLIENT_PROTOCOL, got: hello.protocol });
      this.bye(CLOSE.unsupportedProtocol, 'unsupportedProtocol');
      return;
    }
    const { hub, store, clock, limits, serverVersion } = this.#context;
    const { userId, username, role } = this.#principal;
    this.#send({
      type: 'welcome',
      protocol: Math.min(hello.protocol, CLIENT_PROTOCOL),
      connectionId: this.id,
      epoch: store.epoch,
      user: { id: userId, username, role },
      serverTime: clock.now(),
      heartbeatMs: limits.heartbeatMs,
      serverVersion,
    });
    const subscription = hub.subscribe({ principal: this.#principal, sink: this, resume: hello.resume });
    this.#state = { kind: 'joined', since: clock.now(), subscription };
    // A place in another history says nothing about this one.
    const isSameHistory = hello.resume?.epoch === store.epoch;
    if (hello.notices) this.#joinNotices(isSameHistory ? hello.notices.offset : undefined);
  }

  #joinNotices(offset: Seq | undefined): void {
    const { notices, clock, lc } = this.#context;
    if (!notices) return;
    const { userId, username } = this.#principal;
    const lastSeenAt = (): number => this.#lastHeardAt;
    const bufferedBytes = (): number => this.bufferedBytes;
    const link: NoticeLink = {
      id: this.id,
      format: 'native',
      userId,
      username,
      ...this.#peer,
      since: clock.now(),
      get lastSeenAt() {
        return lastSeenAt();
      },
      get bufferedBytes() {
        return bufferedBytes();
      },
      write: (frame) => this.write(frame),
      flush: () => undefined, // every frame is written at once
      tooSlow: () => this.tooSlow(),
    };
    this.#noticeLink = link;
    notices.enter(link);
    if (offset === undefined) notices.start(link);
    else {
      // The client sends its receipts itself; what the place says on top of them may be lost with the log.
      notices.resume(link, offset, {
        onReceived: () => undefined,
        onReceiveFailed: (error) =>
          lc.warn({ err: error, connectionId: this.id }, 'the place of a notice client was not written down'),
      });
    }
  }

  #shown({ upTo, agoMs }: Extract<ClientUp, { type: 'shown' }>, since: number): void {
    const { store, clock, onShown } = this.#context;
    const head = store.head();
    onShown?.({ principal: this.#principal, upTo: upTo < head ? upTo : head, at: clock.now() - agoMs, since });
  }

  #query(id: number, request: QueryRequest, subscription: Subscription): void {
    try {
      const result = runQuery(this.#context, this.#principal, request);
      const asOf = subscription.flush(); // rows up to the answer's place stand before it
      this.#send({ type: 'answer', id, asOf, result });
    } catch (error) {
      this.#refuseWith(id, request.name, error);
    }
  }

  async #command(id: number, request: CommandRequest, subscription: Subscription): Promise<void> {
    if (this.#commandsInFlightCount >= this.#context.limits.commandsInFlightCount) {
      this.#refuse(id, 'TOO_MANY', { retryAfterMs: 1_000 });
      return;
    }
    this.#commandsInFlightCount++;
    try {
      const { name, params, key } = request;
      const result = await this.#context.runCommand(this.#principal, { name, params, key } as CommandRequest); // its own three fields
      subscription.flush(); // what the command changed stands before its answer
      this.#send({ type: 'done', id, result });
    } catch (error) {
      this.#refuseWith(id, request.name, error);
    } finally {
      this.#commandsInFlightCount--;
    }
  }

  #refuseWith(id: number, name: string, error: unknown): void {
    if (error instanceof ImError) {
      this.#refuse(id, error.code, error.details);
      return;
    }
    const requestId = `${this.id}-${id}`;
    this.#context.lc.error({ err: error, requestId, name, userId: this.userId }, 'a request failed through a bug');
    this.#refuse(id, 'INTERNAL', { requestId });
  }

  #badFrame(id: number | undefined, code: ErrorCode, details: ErrorDetails): void {
    const { clock, limits, onFrame } = this.#context;
    onFrame('bad');
    this.#refuse(id, code, details);
    const now = clock.now();
    this.#badFrameTimes = [...this.#badFrameTimes.filter((at) => now - at < BAD_FRAME_WINDOW_MS), now];
    if (this.#badFrameTimes.length >= limits.badFrameCount) this.bye(CLOSE.badFrames, 'badFrames');
  }

  #refuse(id: number | undefined, code: ErrorCode, details: ErrorDetails = {}): void {
    this.#send({ type: 'refused', ...(id !== undefined && { id }), error: toWireError(code, details) });
  }

  #send(frame: ClientDown): void {
    this.#writer.write(textFrame(JSON.stringify(frame)));
  }
}
