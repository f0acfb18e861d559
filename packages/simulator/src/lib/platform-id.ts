import { hash32 } from './random.ts';

/** Real ids are dated 1–11 s before the recorded creation time; the invented samples 2–4 s. The simulator stays in the latter. */
const MIN_ID_LAG_SEC = 2;

/** 19-digit decimal id whose upper half is the creation second minus 2–4 s and whose lower half is `low32`. */
export function platformId(createdMs: number, low32: number): string {
  const low = low32 >>> 0;
  const seconds = Math.floor(createdMs / 1000) - MIN_ID_LAG_SEC - (low % 3);
  return String((BigInt(seconds) << 32n) | BigInt(low));
}

/** The second that an id carries in its upper half. */
export function idSeconds(id: string): number {
  return Number(BigInt(id) >> 32n);
}

/** Draws ids: by name for seeded things (the same whatever was made before), by counter for things that happen. */
export class IdSource {
  readonly #seed: string;
  readonly #mask: number;
  #counter = 0;

  constructor(seed: string) {
    this.#seed = seed;
    this.#mask = hash32(seed);
  }

  named(createdMs: number, name: string): string {
    return platformId(createdMs, hash32(`${this.#seed}|${name}`));
  }

  /** Never repeats: an odd multiplier permutes the 32-bit counter. */
  next(createdMs: number): string {
    this.#counter += 1;
    return platformId(createdMs, (Math.imul(this.#counter, 0x9e3779b1) ^ this.#mask) >>> 0);
  }
}
