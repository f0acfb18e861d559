import { io as io48 } from 'socket.io-client';
import { io as io46 } from 'socket.io-client-46';

/** The client libraries that existing programs carry. */
export const CLIENT_VERSIONS = { '4.6': io46, '4.8': io48 } as const;
export type ClientVersion = keyof typeof CLIENT_VERSIONS;

type Heard = { readonly event: string; readonly payload: unknown };

/** What of a socket of either library is used here. */
type AnySocket = {
  readonly connected: boolean;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  onAny(listener: (event: string, ...args: unknown[]) => void): unknown;
  emit(event: string, ...args: unknown[]): unknown;
  connect(): unknown;
  disconnect(): unknown;
};

/** How long a test waits for an event before it says which one is missing. */
const PATIENCE_MS = 8_000;

/** An existing program's end of a connection: keeps everything that it hears, in order. For tests only. */
export class Peer {
  readonly heard: Heard[] = [];
  readonly socket: AnySocket;
  readonly opened: Promise<void>;
  #read = 0;
  #wake: (() => void)[] = [];

  constructor(
    url: string,
    options: {
      readonly version?: ClientVersion;
      readonly auth?: object;
      readonly query?: object;
      readonly transports?: readonly string[];
    } = {},
  ) {
    const { version = '4.8', ...login } = options;
    const connect = CLIENT_VERSIONS[version] as (url: string, options: object) => AnySocket; // both libraries take these
    this.socket = connect(url, { transports: ['websocket', 'polling'], forceNew: true, reconnection: false, ...login });
    this.socket.onAny((event, payload) => this.#hear(event, payload));
    this.socket.on('disconnect', (reason) => this.#hear('(disconnect)', reason));
    this.opened = new Promise((resolve, reject) => {
      this.socket.on('connect', () => resolve());
      this.socket.on('connect_error', (error) => reject(error));
    });
    this.opened.catch(() => undefined); // whoever waits for it hears
  }

  emit(event: string, ...payload: unknown[]): void {
    this.socket.emit(event, ...payload);
  }

  /** The names of what was heard, from the place `from`. */
  names(from = 0): string[] {
    return this.heard.slice(from).map(({ event }) => event);
  }

  /** Forgets what was heard up to now: `next` looks at what comes. */
  skip(): void {
    this.#read = this.heard.length;
  }

  /** The next event of this name that fits; those before it are passed over. Rejects when none comes. */
  async next<T = Record<string, unknown>>(event: string, fits: (payload: T) => boolean = () => true): Promise<T> {
    const until = Date.now() + PATIENCE_MS;
    for (;;) {
      while (this.#read < this.heard.length) {
        const one = this.heard[this.#read++];
        if (one?.event === event && fits(one.payload as T)) return one.payload as T; // the test names its shape
      }
      const left = until - Date.now();
      if (left <= 0) throw new Error(`no ${event} came; heard ${this.names().slice(-20).join(', ')}`);
      await Promise.race([new Promise<void>((resolve) => this.#wake.push(resolve)), delay(left)]);
    }
  }

  close(): void {
    this.socket.disconnect();
  }

  #hear(event: string, payload: unknown): void {
    this.heard.push({ event, payload });
    for (const wake of this.#wake.splice(0)) wake();
  }
}

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref());
