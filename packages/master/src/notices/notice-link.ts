import type { UserId } from '@hiscrm/shared/model/ids.ts';

/** One connection of a user that takes notices, whatever protocol it speaks. Nothing here blocks. */
export interface NoticeLink {
  readonly id: string;
  /** How frames are written: the contract's own, or as frames of our client's protocol. */
  readonly format: 'plain' | 'native';
  readonly userId: UserId;
  readonly username: string;
  readonly address: string;
  readonly agent: string;
  /** When it connected and was last heard (ms UTC). */
  readonly since: number;
  readonly lastSeenAt: number;
  /** Bytes accepted by `write` that the system has not taken yet. */
  readonly bufferedBytes: number;
  write(frame: Buffer): void;
  /** Writes what was kept to go out with the next frame. */
  flush(): void;
  /** It reads too slowly and was given up: say so and close, without waiting for it. */
  tooSlow(): void;
}
