import type { Seq } from '@hiscrm/shared/model/ids.ts';
import type { DownOf } from '@hiscrm/shared/protocol/client-link.ts';
import type { CommandParams } from '@hiscrm/shared/protocol/commands.ts';
import type { NoticeFrame } from '@hiscrm/shared/protocol/notice-link.ts';
import type { NoticeView, QueryParams, QueryResults } from '@hiscrm/shared/protocol/queries.ts';

type Record = {
  notice: NoticeFrame;
  deliveredAt: number | undefined;
  readAt: number | undefined;
  confirmedAt: number | undefined;
  isWithdrawn: boolean;
};
type Tell = (frame: DownOf<'notices'>) => void;

/** The notices of one user, as a Master keeps and pushes them. */
export class ScriptedNotices {
  readonly records = new Map<string, Record>();
  readonly #links = new Set<Tell>();
  #head = 0;

  get unreadCount(): number {
    return [...this.records.values()].filter(({ readAt, isWithdrawn }) => readAt === undefined && !isWithdrawn).length;
  }

  /** Sends a notice to the user, on every connection that takes notices. */
  send(notice: Partial<NoticeFrame> & { readonly messageId: string }): void {
    this.#head += 1;
    const frame: NoticeFrame = {
      type: 'system_notice',
      content: `content of ${notice.messageId}`,
      time: this.#head,
      priority: 'normal',
      needConfirm: false,
      ...notice,
      offset: this.#head as Seq,
    };
    const states = { deliveredAt: undefined, readAt: undefined, confirmedAt: undefined, isWithdrawn: false };
    this.records.set(notice.messageId, { notice: frame, ...states });
    this.#tell([frame], []);
  }

  withdraw(messageId: string): void {
    const record = this.records.get(messageId);
    if (!record || record.isWithdrawn) return;
    record.isWithdrawn = true;
    this.#tell([], [messageId]);
  }

  /** A connection that asked for notices: what nobody acknowledged, or what came after a place. */
  join(tell: Tell, offset: Seq | undefined): () => void {
    for (const record of this.records.values()) {
      if (offset !== undefined && record.notice.offset <= offset) record.deliveredAt ??= this.#head;
    }
    const missed = [...this.records.values()].filter(
      ({ notice, deliveredAt, isWithdrawn }) =>
        !isWithdrawn && (offset === undefined ? deliveredAt === undefined : notice.offset > offset),
    );
    const notices = missed.map(({ notice }) => ({ ...notice, offline: true as const }));
    tell({ type: 'notices', notices, withdrawn: [], unreadCount: this.unreadCount });
    this.#links.add(tell);
    return () => void this.#links.delete(tell);
  }

  mark({ state, messageIds }: CommandParams<'markNotices'>): { readonly unknownIds: readonly string[] } {
    const before = this.unreadCount;
    const ids = messageIds === 'all' ? [...this.records.keys()] : messageIds;
    for (const id of ids) {
      const record = this.records.get(id);
      if (!record) continue;
      record.deliveredAt ??= this.#head;
      if (state !== 'delivered') record.readAt ??= this.#head;
      if (state === 'confirmed') record.confirmedAt ??= this.#head;
    }
    if (this.unreadCount !== before) this.#tell([], []);
    return { unknownIds: ids.filter((id) => !this.records.has(id)) };
  }

  page({ limit, before }: QueryParams<'notices'>): QueryResults['notices'] {
    const below = [...this.records.values()]
      .filter(({ notice }) => before === undefined || notice.offset < before)
      .sort((a, b) => b.notice.offset - a.notice.offset);
    const page = below.slice(0, limit);
    const last = page.at(-1)?.notice.offset;
    return {
      notices: page.map(viewOf),
      ...(page.length === limit && last !== undefined && { nextBefore: last }),
      unreadCount: this.unreadCount,
    };
  }

  #tell(notices: NoticeFrame[], withdrawn: string[]): void {
    const { unreadCount } = this;
    for (const tell of this.#links) tell({ type: 'notices', notices, withdrawn, unreadCount });
  }
}

function viewOf({ notice, readAt, confirmedAt, isWithdrawn }: Record): NoticeView {
  return {
    notice,
    sender: 'lin',
    ...(readAt !== undefined && { readAt }),
    ...(confirmedAt !== undefined && { confirmedAt }),
    ...(isWithdrawn && { isWithdrawn: true }),
  };
}
