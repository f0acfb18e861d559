import { CLIENT_SUBPROTOCOL } from '@hiscrm/shared/protocol/client-link.ts';
import type { OpenWire, Wire, WireEvents } from './wire.ts';

/** What a WebSocket reports when it ended without a close frame. */
const ABNORMAL_CLOSURE = 1006;

/**
 * A wire over the platform's own WebSocket: browsers and Node ≥ 22. `urlOf` is asked at every attempt, so that a fresh
 * token is used; browsers send the session cookie by themselves.
 */
export function webSocketOpener(urlOf: () => string): OpenWire {
  return (events) => new WebSocketWire(urlOf(), events);
}

class WebSocketWire implements Wire {
  readonly #socket: WebSocket;
  readonly #listening = new AbortController();

  constructor(url: string, events: WireEvents) {
    const { signal } = this.#listening;
    this.#socket = new WebSocket(url, CLIENT_SUBPROTOCOL);
    this.#socket.addEventListener('open', () => events.onOpen(), { signal });
    this.#socket.addEventListener(
      'message',
      ({ data }) => {
        if (typeof data === 'string') events.onText(data);
      },
      { signal },
    );
    this.#socket.addEventListener(
      'close',
      ({ code, reason }) => {
        this.#listening.abort();
        events.onClosed(code || ABNORMAL_CLOSURE, reason);
      },
      { signal },
    );
  }

  send(text: string): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(text);
  }

  close(): void {
    this.#listening.abort();
    // Without a listener an error while closing would be an unhandled event in Node.
    this.#socket.addEventListener('error', () => undefined);
    this.#socket.close();
  }
}
