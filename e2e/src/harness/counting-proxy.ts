import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

type Pair = { readonly near: Socket; readonly far: Socket };

/** A loopback TCP relay that counts the bytes of both directions and can cut what runs through it. */
export class CountingProxy {
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #upBytes = 0;
  #downBytes = 0;
  #targetPort: number;
  #isRefusing = false;

  private constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#server = createServer((near) => this.#onConnection(near));
  }

  /** Resolves once it accepts connections for `targetPort` on this machine. */
  static async start(targetPort: number): Promise<CountingProxy> {
    const proxy = new CountingProxy(targetPort);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject);
      proxy.#server.listen(0, '127.0.0.1', resolve);
    });
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port; // a listening TCP server has one
  }

  /** Towards the server, since the start or the last `resetCounts`. */
  get upBytes(): number {
    return this.#upBytes;
  }

  get downBytes(): number {
    return this.#downBytes;
  }

  get connectionCount(): number {
    return this.#pairs.size;
  }

  resetCounts(): void {
    this.#upBytes = 0;
    this.#downBytes = 0;
  }

  /** Connections from here on go there. */
  retarget(port: number): void {
    this.#targetPort = port;
  }

  /** While refusing, connections end as soon as they are made. */
  refuse(isRefusing: boolean): void {
    this.#isRefusing = isRefusing;
  }

  /** Ends every connection without a goodbye, losing what is on its way. */
  cut(): void {
    for (const { near, far } of this.#pairs) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  }

  /** Stops or resumes delivering what comes from the server: a client that does not read. */
  holdDown(isHeld: boolean): void {
    for (const { far } of this.#pairs) isHeld ? far.pause() : far.resume();
  }

  /** Safe twice. */
  async close(): Promise<void> {
    this.cut();
    if (this.#server.listening) await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #onConnection(near: Socket): void {
    near.on('error', ignore);
    if (this.#isRefusing) {
      near.resetAndDestroy();
      return;
    }
    const far = connect(this.#targetPort, '127.0.0.1');
    near.setNoDelay(true);
    far.setNoDelay(true);
    const pair = { near, far };
    this.#pairs.add(pair);
    near.on('data', (chunk) => {
      this.#upBytes += chunk.length;
      far.write(chunk);
    });
    far.on('data', (chunk) => {
      this.#downBytes += chunk.length;
      if (!near.write(chunk)) far.pause();
    });
    near.on('drain', () => far.resume());
    far.on('error', ignore);
    near.on('end', () => far.end());
    far.on('end', () => near.end());
    const drop = (): void => {
      this.#pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    near.on('close', drop);
    far.on('close', drop);
  }
}

/** A relayed connection that breaks is what this is for; the close event does the rest. */
function ignore(): void {
  return;
}
