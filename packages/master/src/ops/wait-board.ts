import { type Stretch, StretchBoard } from './stretch-board.ts';

/** Batches remembered: at twenty a second, some eight minutes; the oldest go. */
export const WAIT_BOARD_LIMIT_COUNT = 10_000;

/** The rows of one batch of a Worker: on its disk at `keptAt`, on their way at `sentAt`, both by its own clock. */
export type Wait = Stretch & { readonly keptAt: number; readonly sentAt: number };

/** How long rows waited in a Worker's outbox, for the newest batches that came to this process. */
export class WaitBoard extends StretchBoard<Wait> {
  constructor(limitCount: number = WAIT_BOARD_LIMIT_COUNT) {
    super(limitCount);
  }
}

/** In ms. Never below zero: the Worker's clock may have been put back while the batch waited. */
export const waitedMs = ({ keptAt, sentAt }: Pick<Wait, 'keptAt' | 'sentAt'>): number => Math.max(0, sentAt - keptAt);
