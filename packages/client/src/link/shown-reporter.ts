import type { Cancel, Clock } from '@hiscrm/shared/lib/clock.ts';
import { type Seq, START } from '@hiscrm/shared/model/ids.ts';
import {
  type ClientUp,
  SHOWN_AGO_LIMIT_MS,
  SHOWN_PERIOD_MS,
  SHOWN_SINCE_PROTOCOL,
} from '@hiscrm/shared/protocol/client-link.ts';

/** Tells the server what the screen has drawn: the newest place only, and at most once in SHOWN_PERIOD_MS. */
export class ShownReporter {
  readonly #clock: Clock;
  readonly #send: (frame: ClientUp) => void;
  #isUnderstood = false;
  #sentUpTo: Seq = START;
  #sentAt = Number.NEGATIVE_INFINITY;
  #drawn: { readonly upTo: Seq; readonly at: number } | undefined;
  #cancel: Cancel | undefined;

  constructor(options: { readonly clock: Clock; readonly send: (frame: ClientUp) => void }) {
    this.#clock = options.clock;
    this.#send = options.send;
  }

  /** Another connection: what was told on the last one may not have arrived, and the server may be another. */
  welcomed(protocol: number): void {
    this.close();
    this.#isUnderstood = protocol >= SHOWN_SINCE_PROTOCOL;
    this.#sentUpTo = START;
  }

  /** The screen shows everything up to `upTo`, since now. */
  drawn(upTo: Seq): void {
    if (!this.#isUnderstood || upTo <= (this.#drawn?.upTo ?? this.#sentUpTo)) return;
    this.#drawn = { upTo, at: this.#clock.now() };
    if (this.#cancel) return;
    const waitMs = this.#sentAt + SHOWN_PERIOD_MS - this.#clock.now();
    if (waitMs <= 0) this.#tell();
    else this.#cancel = this.#clock.after(waitMs, () => this.#tell());
  }

  /** Safe twice. */
  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#drawn = undefined;
    this.#isUnderstood = false;
  }

  #tell(): void {
    this.#cancel = undefined;
    const drawn = this.#drawn;
    if (!drawn) return;
    this.#drawn = undefined;
    this.#sentUpTo = drawn.upTo;
    this.#sentAt = this.#clock.now();
    const agoMs = Math.max(0, this.#sentAt - drawn.at);
    if (agoMs <= SHOWN_AGO_LIMIT_MS) this.#send({ type: 'shown', upTo: drawn.upTo, agoMs });
  }
}
