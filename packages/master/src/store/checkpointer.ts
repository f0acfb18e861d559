import type { Cancel, Clock } from '@hiscrm/shared/lib/clock.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';

/** How often state goes to disk. Small and often: a checkpoint shares a commit with rows that wait behind it. */
export type CheckpointPolicy = {
  /** As soon as so many records are pinned. */
  readonly everyCount: number;
  /** At the latest so long after the first change. */
  readonly everyMs: number;
};

/** Decides when a checkpoint is taken; never two at once. */
export class Checkpointer {
  readonly #clock: Clock;
  readonly #policy: CheckpointPolicy;
  readonly #save: () => Promise<void>;
  #timer: Cancel | undefined;
  #isDue = false;
  /** One came due while another was under way. */
  #isBehind = false;
  #running: Promise<void> | undefined;
  #failure: unknown;

  constructor(options: {
    readonly clock: Clock;
    readonly policy: CheckpointPolicy;
    /** Writes what is pinned; rejects when the disk refused, after which no more checkpoints are taken. */
    readonly save: () => Promise<void>;
  }) {
    this.#clock = options.clock;
    this.#policy = options.policy;
    this.#save = options.save;
  }

  /** Says how many records are pinned, after each fold. */
  note(pinnedCount: number): void {
    if (pinnedCount === 0 || this.#failure !== undefined || this.#isDue) return;
    if (pinnedCount >= this.#policy.everyCount) this.#schedule(0);
    else if (!this.#timer) this.#schedule(this.#policy.everyMs);
  }

  #schedule(delayMs: number): void {
    this.#timer?.();
    this.#isDue = delayMs === 0;
    this.#timer = this.#clock.after(delayMs, () => {
      if (!this.#running) void this.flush().catch(rethrowBug);
      else {
        this.#clear();
        this.#isBehind = true;
      }
    });
  }

  #clear(): void {
    this.#timer?.();
    this.#timer = undefined;
    this.#isDue = false;
  }

  /** Takes a checkpoint, after the one under way. Rejects when the disk refused. */
  async flush(): Promise<void> {
    while (this.#running) await this.#running.catch(() => undefined); // its own caller hears of it
    this.#clear();
    if (this.#failure !== undefined) throw this.#failure;
    this.#running = this.#save();
    try {
      await this.#running;
    } catch (error) {
      this.#failure = error;
      throw error;
    } finally {
      this.#running = undefined;
      // Nobody may say anything any more that would bring what changed meanwhile to disk.
      if (this.#isBehind && this.#failure === undefined && !this.#timer) this.#schedule(this.#policy.everyMs);
      this.#isBehind = false;
    }
  }

  /** Forgets the timer; takes no checkpoint. Safe twice. */
  stop(): void {
    this.#clear();
    this.#failure ??= new Error('checkpoints have stopped');
  }
}

/** That the disk refused is known to everybody who appends; anything else must end the process, not pass in silence. */
function rethrowBug(error: unknown): void {
  if (!(error instanceof ImError)) throw error;
}
