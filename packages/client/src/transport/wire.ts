/** One connection that carries text frames in order. Implementations never call back after `close()`. */
export interface Wire {
  /** Queues one frame. Does nothing on a wire that is not open. */
  send(text: string): void;
  /** Ends the connection. Safe twice. */
  close(): void;
}

export type WireEvents = {
  readonly onOpen: () => void;
  readonly onText: (text: string) => void;
  /** At most once; also when the connection was never established. `code` is a WebSocket close code. */
  readonly onClosed: (code: number, reason: string) => void;
};

/** Starts a connection. What goes wrong is told through `onClosed`, never thrown. */
export type OpenWire = (events: WireEvents) => Wire;
