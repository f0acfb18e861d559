import { type Stretch, StretchBoard } from './stretch-board.ts';

/** Rounds remembered: at twenty a second, some eight minutes; the oldest go. */
export const PUSH_BOARD_LIMIT_COUNT = 10_000;

/** What a round of the hub did: every live client was written the rows after `from` up to `upTo`. */
export type Push = Stretch & {
  /** When the round's first row was logged. */
  readonly loggedAt: number;
  readonly endedAt: number;
  readonly subscriberCount: number;
};

/** When rows went out, for the newest rounds of this process. Nothing for a row that is not out yet. */
export class PushBoard extends StretchBoard<Push> {
  constructor(limitCount: number = PUSH_BOARD_LIMIT_COUNT) {
    super(limitCount);
  }
}
