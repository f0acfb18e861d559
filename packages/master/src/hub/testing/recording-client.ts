import { assert } from '@hiscrm/shared/lib/must.ts';
import type { LoggedChange } from '@hiscrm/shared/model/change.ts';
import { type Epoch, type Seq, START } from '@hiscrm/shared/model/ids.ts';
import { type ClientDown, clientDownSchema, type ResetReason } from '@hiscrm/shared/protocol/client-link.ts';
import { textParserOf } from '@hiscrm/shared/protocol/validate.ts';
import { textOfFrame } from '../prepared-frame.ts';
import type { Sink } from '../subscriber.ts';

const parse = textParserOf(clientDownSchema);

/**
 * A client that trusts nothing: every frame must fit its schema and follow the last one. Bytes stay in the socket until
 * `read` is called, when `isSlow`. For tests only.
 */
export class RecordingClient implements Sink {
  epoch: Epoch | undefined;
  at: Seq = START;
  rows: LoggedChange[] = [];
  /** Place of the snapshot that `rows` continue. */
  base: Seq = START;
  readonly resets: ResetReason[] = [];
  readonly frames: ClientDown[] = [];
  /** The same frames as they were given. */
  readonly bytes: Buffer[] = [];
  isSlow = false;
  isClosedAsSlow = false;
  bufferedBytes = 0;
  #wakers: (() => void)[] = [];

  write(frame: Buffer): void {
    if (this.isSlow) this.bufferedBytes += frame.length;
    this.bytes.push(frame);
    const parsed = parse(textOfFrame(frame));
    assert(parsed.ok, () => `not a frame: ${parsed.ok ? '' : parsed.reason}`);
    this.frames.push(parsed.value);
    this.#take(parsed.value);
  }
  drained(): Promise<void> {
    return new Promise((resolve) => this.#wakers.push(resolve));
  }
  tooSlow(): void {
    this.isClosedAsSlow = true;
    this.read();
  }
  /** Takes what is waiting in the socket. */
  read(): void {
    this.bufferedBytes = 0;
    for (const wake of this.#wakers.splice(0)) wake();
  }

  #take(frame: ClientDown): void {
    if (frame.type === 'reset') this.resets.push(frame.reason);
    if (frame.type === 'snapshot') {
      this.epoch = frame.epoch;
      this.at = frame.seq;
      this.base = frame.seq;
      this.rows = [];
    }
    if (frame.type !== 'changes') return;
    assert(frame.from === this.at, () => `a frame from ${frame.from} came at ${this.at}`);
    for (const row of frame.rows) {
      assert(row.seq > this.at && row.seq <= frame.upTo, () => `row ${row.seq} in ${frame.from}…${frame.upTo}`);
      assert(row.seq > (this.rows.at(-1)?.seq ?? START), () => `row ${row.seq} out of order`);
      this.rows.push(row);
    }
    this.at = frame.upTo;
  }
}
