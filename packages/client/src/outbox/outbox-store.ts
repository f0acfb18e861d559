import type { CommandParams } from '@hiscrm/shared/protocol/commands.ts';

/** A reply that the server has not confirmed to have, as it is kept over a reload. */
export type KeptReply = {
  readonly key: string;
  /** Whose it is: another user of the same browser must not send it. */
  readonly userId: string;
  readonly params: CommandParams<'sendReply'>;
  readonly createdAt: number;
};

/** Where unconfirmed replies survive a reload. Failing storage must not stop a reply: implementations reject, callers go on. */
export interface OutboxStore {
  load(): Promise<readonly KeptReply[]>;
  keep(reply: KeptReply): Promise<void>;
  drop(key: string): Promise<void>;
  close(): void;
}

/** Keeps nothing over a restart: for Node, tests, and browsers without storage. */
export class MemoryOutboxStore implements OutboxStore {
  readonly #kept = new Map<string, KeptReply>();

  async load(): Promise<readonly KeptReply[]> {
    return [...this.#kept.values()];
  }
  async keep(reply: KeptReply): Promise<void> {
    this.#kept.set(reply.key, reply);
  }
  async drop(key: string): Promise<void> {
    this.#kept.delete(key);
  }
  close(): void {
    this.#kept.clear();
  }
}
