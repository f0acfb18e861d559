import { type Seq, START } from '@hiscrm/shared/model/ids.ts';
import type { DownOf } from '@hiscrm/shared/protocol/client-link.ts';
import type { StoreReader } from '../store/store-reader.ts';
import { textFrame } from './prepared-frame.ts';
import type { Sight } from './who-sees-what.ts';

/** Ways of seeing kept encoded for one place in the log; more are encoded when asked for. */
const CACHE_LIMIT_COUNT = 64;

/** Snapshots of the present state. After a restart thousands of clients ask for the same one: it is encoded once. */
export class SnapshotFrames {
  readonly #store: StoreReader;
  readonly #frames = new Map<string, Buffer>();
  #seq: Seq = START;

  constructor(store: StoreReader) {
    this.#store = store;
  }

  /** What `sight` shows of the store as it is: the frame and its place in the log. */
  get(sight: Sight): { readonly seq: Seq; readonly frame: Buffer } {
    const seq = this.#store.head();
    if (seq !== this.#seq || this.#frames.size >= CACHE_LIMIT_COUNT) this.#frames.clear();
    this.#seq = seq;
    let frame = this.#frames.get(sight.key);
    if (!frame) {
      frame = this.#encode(sight, seq);
      this.#frames.set(sight.key, frame);
    }
    return { seq, frame };
  }

  #encode(sight: Sight, seq: Seq): Buffer {
    const snapshot: DownOf<'snapshot'> = {
      type: 'snapshot',
      epoch: this.#store.epoch,
      seq,
      accounts: this.#store.accounts().filter(({ record }) => sight.seesAccount(record.id)),
      workers: [...this.#store.workers()],
    };
    return textFrame(JSON.stringify(snapshot));
  }
}
