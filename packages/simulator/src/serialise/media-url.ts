/** Signed media links change every hour, as on the platform: the part before `?` identifies the picture. */
const SIGNATURE_SLOT_MS = 3_600_000;

/** Makes links to the pictures that the simulator draws itself. */
export class MediaUrls {
  readonly #base: () => string;
  readonly #nowMs: () => number;

  constructor(base: () => string, nowMs: () => number) {
    this.#base = base;
    this.#nowMs = nowMs;
  }

  avatar(key: string, nickname: string): string {
    return this.#signed(`avatar/${key}.svg`, [...nickname][0] ?? '');
  }

  cover(key: string, title: string): string {
    return this.#signed(`cover/${key}.svg`, title.slice(0, 12));
  }

  image(key: string): string {
    return this.#signed(`image/${key}.svg`, '');
  }

  video(key: string): string {
    return `${this.#base()}/__media/video/${key}.mp4`;
  }

  #signed(path: string, label: string): string {
    const expires = (Math.floor(this.#nowMs() / SIGNATURE_SLOT_MS) + 24) * 3600;
    const text = label === '' ? '' : `t=${encodeURIComponent(label)}&`;
    return `${this.#base()}/__media/${path}?${text}x-expires=${expires}&x-signature=SIM`;
  }
}
