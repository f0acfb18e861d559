import { connect } from 'node:net';

/** What came of an attempt to connect. `durationMs` is until it was open or failed. */
export type Reached = { readonly isReached: boolean; readonly durationMs: number; readonly error: string | null };

/** Opens a TCP connection and closes it again: whether somebody listens there. Never rejects. */
export function reachServer(options: {
  readonly host: string;
  readonly port: number;
  readonly deadlineMs: number;
}): Promise<Reached> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const socket = connect({ host: options.host, port: options.port });
    const settle = (error: string | null): void => {
      socket.destroy();
      resolve({ isReached: error === null, durationMs: Math.round(performance.now() - startedAt), error });
    };
    socket.setTimeout(options.deadlineMs, () => settle(`no connection within ${options.deadlineMs} ms`));
    socket.once('connect', () => settle(null));
    socket.once('error', (error) => settle(error.message));
  });
}
