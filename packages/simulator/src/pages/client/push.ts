/** A frame of the simulator's push channel. */
// biome-ignore lint/suspicious/noExplicitAny: frames carry page-state objects whose shape is the serialisers' business
export type PushFrame = { kind: string } & Record<string, any>;
export type PageFlags = { headerLagMs: number; renamedField: string };

/** Pause before another try after the channel was cut. */
const RECONNECT_MS = 700;
/** The server's way to say that the session is gone. */
const CLOSE_SESSION_GONE = 4401;

/** Ordered faults that live in the page; kept up to date by the channel. */
export const flags: PageFlags = { headerLagMs: 0, renamedField: '' };

/**
 * Opens the push channel and keeps it open. `onOpen` runs after every connect, so that the page can read again what it
 * missed; frames that arrive meanwhile are given to `onFrame` in order.
 */
export function connectPush(onOpen: () => void, onFrame: (frame: PushFrame) => void): void {
  const socket = new WebSocket(`ws://${location.host}/__sim_push`);
  socket.addEventListener('message', (event) => {
    const frame: PushFrame = JSON.parse(String(event.data));
    if (frame.flags) Object.assign(flags, frame.flags);
    if (frame.kind === 'hello') onOpen();
    else if (frame.kind === 'reload') location.reload();
    else onFrame(frame);
  });
  socket.addEventListener('close', (event) => {
    if (event.code !== CLOSE_SESSION_GONE) setTimeout(() => connectPush(onOpen, onFrame), RECONNECT_MS);
  });
}
