import type { PlainAnswer, WorkerDown } from '@hiscrm/shared/protocol/worker-link.ts';

/** A message to a Worker without its envelope. */
export type DownMessage = {
  [T in WorkerDown['type']]: { readonly type: T; readonly payload: Extract<WorkerDown, { type: T }>['payload'] };
}[WorkerDown['type']];

/** The way to one connected Worker. */
export interface WorkerChannel {
  /** Name of the key that it logged in with. */
  readonly keyName: string;
  /** Sends; gives the Worker's answer, or `silent` when none came in time or the connection is gone. Never rejects. */
  request(message: DownMessage): Promise<PlainAnswer | 'silent'>;
  /** Hangs up. Safe twice. */
  close(): void;
}
