import type { Seq } from '@hiscrm/shared/model/ids.ts';
import type { LoggedRow } from '../log/change-log.ts';
import { changesFrame, type Stretch } from './changes-frame.ts';
import type { Sight } from './who-sees-what.ts';

/** What one turn of the event loop published, encoded at most once for each way of seeing it. */
export class Batch {
  readonly from: Seq;
  readonly upTo: Seq;
  /** Size of the rows as text: what the batch weighs in memory, near enough. */
  readonly sizeChars: number;
  readonly #stretch: Stretch;
  readonly #frames = new Map<string, Buffer>();
  /** Whose frame was asked for last: mostly everybody's. */
  #lastSight: Sight | undefined;
  #lastFrame: Buffer | undefined;

  constructor(stretch: Stretch) {
    this.#stretch = stretch;
    this.from = stretch.from;
    this.upTo = stretch.upTo;
    this.sizeChars = stretch.rows.reduce((sum, row) => sum + row.text.length, 0);
  }

  get rows(): readonly LoggedRow[] {
    return this.#stretch.rows;
  }

  /** The frame for a subscriber whose place is `at`, which lies in [from, upTo). */
  frame(sight: Sight, at: Seq): Buffer {
    if (at !== this.from) {
      return changesFrame({ ...this.#stretch, from: at, rows: this.rows.filter((row) => row.seq > at) }, sight);
    }
    if (this.#lastFrame && this.#lastSight === sight) return this.#lastFrame;
    const frame = this.#frames.get(sight.key) ?? changesFrame(this.#stretch, sight);
    this.#frames.set(sight.key, frame);
    this.#lastSight = sight;
    this.#lastFrame = frame;
    return frame;
  }

  /** Lets go of the encoded bytes once everybody live has them; who comes later has them encoded again. */
  forgetFrames(): void {
    this.#frames.clear();
    this.#lastFrame = undefined;
  }
}
