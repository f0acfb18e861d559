import { deferred } from '@hiscrm/shared/lib/deferred.ts';
import { WebSocket } from 'ws';

const CHANNELS = '42["monitor:channels"';

/**
 * An existing PC client as far as its traffic goes: registers, and asks for the topics of every channel whenever it gets the list.
 * It counts bytes instead of drawing them, so that hundreds fit into one process.
 */
export class CompatMonitorClient {
  readonly ready: Promise<void>;
  bytes = 0;
  listCount = 0;
  heardAt = 0;
  readonly #ws: WebSocket;
  readonly #asks: boolean;
  #requests: string[] | undefined;

  /** `asks`: whether it asks for topics, as the PC client does and a script may not. */
  constructor(url: string, asks: boolean) {
    this.#asks = asks;
    this.#ws = new WebSocket(url, { perMessageDeflate: false });
    const ready = deferred<void>();
    this.ready = ready.promise;
    this.#ws.on('message', (data: Buffer) => this.#hear(data, ready.resolve));
    this.#ws.on('error', ready.reject);
  }

  close(): void {
    this.#ws.terminate();
  }

  #hear(data: Buffer, ready: () => void): void {
    this.bytes += data.length;
    this.heardAt = performance.now();
    const head = data.toString('latin1', 0, CHANNELS.length);
    if (head.startsWith('0')) this.#ws.send('40');
    else if (head === '2') this.#ws.send('3');
    else if (head.startsWith('40')) this.#ws.send('42["monitor:register",{"clientType":"monitor"}]');
    else if (head === CHANNELS) {
      this.listCount += 1;
      this.#requests ??= requestsFor(data.toString());
      if (this.#asks) for (const request of this.#requests) this.#ws.send(request);
      ready();
    }
  }
}

function requestsFor(packet: string): string[] {
  const [, payload] = JSON.parse(packet.slice(2)) as [string, { channels: { id: string }[] }]; // the list just asked for
  return payload.channels.map(({ id }) => `42["monitor:request_topics",${JSON.stringify({ channelId: id })}]`);
}
