/**
 * What the message pane shows, as one flat list for the virtual scroller: days, items, threads and replies under way. Pure,
 * so that order and nesting are decided by tests.
 */
import type { ItemId } from '@hiscrm/shared/model/ids.ts';
import type { ItemRecord } from '@hiscrm/shared/model/records.ts';
import { dayOf } from '../../lib/time-text.ts';
import type { ShownReply } from './shown-replies.ts';

export type Row =
  | { readonly kind: 'day'; readonly key: string; readonly at: number }
  | { readonly kind: 'unread'; readonly key: string }
  | {
      readonly kind: 'item';
      readonly key: string;
      readonly item: ItemRecord;
      /** 0 for a first-level comment or a message. */
      readonly depth: number;
      /** The item that this one answers, when it stands elsewhere on the screen. */
      readonly answers?: ItemRecord;
      /** It answers something that is not loaded or no longer exists (D46). */
      readonly isOrphan: boolean;
    }
  | { readonly kind: 'reply'; readonly key: string; readonly reply: ShownReply; readonly depth: number };

type Options = {
  readonly items: readonly ItemRecord[];
  readonly replies: readonly ShownReply[];
  /** The first item that was unread when the topic was opened; the divider stands before it. */
  readonly firstUnreadId: ItemId | undefined;
};

/** Messages, oldest first, with the replies under way at the end. */
export function buildMessageRows({ items, replies, firstUnreadId }: Options): readonly Row[] {
  const rows: Row[] = [];
  let day = '';
  for (const item of items) {
    const itsDay = dayOf(item.facts.at);
    if (itsDay !== day) rows.push({ kind: 'day', key: `day:${itsDay}:${item.facts.id}`, at: item.facts.at });
    day = itsDay;
    if (item.facts.id === firstUnreadId) rows.push({ kind: 'unread', key: 'unread' });
    rows.push({ kind: 'item', key: item.facts.id, item, depth: 0, isOrphan: false });
  }
  for (const reply of replies) rows.push({ kind: 'reply', key: `reply:${reply.key}`, reply, depth: 0 });
  return rows;
}

/**
 * Comments as threads of any depth. A thread stands where its newest comment stands, so that what is new is at the bottom
 * together with what it answers; inside a thread, time decides.
 */
export function buildCommentRows({ items, replies, firstUnreadId }: Options): readonly Row[] {
  const byId = new Map(items.map((item) => [item.facts.id, item]));
  const children = new Map<ItemId, ItemRecord[]>();
  const roots: ItemRecord[] = [];
  const parents = parentsOf(items, byId);
  for (const item of items) {
    const parentId = parents.get(item.facts.id);
    if (parentId === undefined) roots.push(item);
    else children.set(parentId, [...(children.get(parentId) ?? []), item]);
  }
  const repliesTo = new Map<ItemId | undefined, ShownReply[]>();
  for (const reply of replies) {
    const target = reply.toItemId !== undefined && byId.has(reply.toItemId) ? reply.toItemId : undefined;
    repliesTo.set(target, [...(repliesTo.get(target) ?? []), reply]);
  }
  const rows: Row[] = [];
  for (const root of byNewest(roots, children)) appendThread(rows, root, { byId, children, repliesTo, firstUnreadId });
  for (const reply of repliesTo.get(undefined) ?? [])
    rows.push({ kind: 'reply', key: `reply:${reply.key}`, reply, depth: 0 });
  return rows;
}

/** The loaded parent of each answer. Ids that point in a circle, or nowhere, make a root. */
function parentsOf(items: readonly ItemRecord[], byId: ReadonlyMap<ItemId, ItemRecord>): ReadonlyMap<ItemId, ItemId> {
  const parents = new Map<ItemId, ItemId>();
  for (const { facts } of items) {
    if (facts.kind !== 'comment') continue;
    const candidates = [facts.replyToId, facts.parentId];
    const parentId = candidates.find((id) => id !== undefined && byId.has(id) && !leadsTo(parents, id, facts.id));
    if (parentId !== undefined) parents.set(facts.id, parentId);
  }
  return parents;
}

function leadsTo(parents: ReadonlyMap<ItemId, ItemId>, from: ItemId, target: ItemId): boolean {
  for (let id: ItemId | undefined = from; id !== undefined; id = parents.get(id)) if (id === target) return true;
  return false;
}

function byNewest(roots: readonly ItemRecord[], children: ReadonlyMap<ItemId, readonly ItemRecord[]>): ItemRecord[] {
  const newest = new Map<ItemId, number>();
  for (const root of roots) {
    let at = root.facts.at;
    const open = [root.facts.id];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      for (const child of children.get(id) ?? []) {
        at = Math.max(at, child.facts.at);
        open.push(child.facts.id);
      }
    }
    newest.set(root.facts.id, at);
  }
  return roots.toSorted((a, b) => (newest.get(a.facts.id) ?? 0) - (newest.get(b.facts.id) ?? 0));
}

type Threads = {
  readonly byId: ReadonlyMap<ItemId, ItemRecord>;
  readonly children: ReadonlyMap<ItemId, readonly ItemRecord[]>;
  readonly repliesTo: ReadonlyMap<ItemId | undefined, readonly ShownReply[]>;
  readonly firstUnreadId: ItemId | undefined;
};

/** Without recursion: a thread may be deeper than the stack. */
function appendThread(rows: Row[], root: ItemRecord, threads: Threads): void {
  const open: { readonly item: ItemRecord; readonly depth: number }[] = [{ item: root, depth: 0 }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { item, depth } = next;
    const { facts } = item;
    const answeredId = facts.kind === 'comment' ? (facts.replyToId ?? facts.parentId) : undefined;
    const answers = answeredId === undefined ? undefined : threads.byId.get(answeredId);
    if (facts.id === threads.firstUnreadId) rows.push({ kind: 'unread', key: 'unread' });
    rows.push({
      kind: 'item',
      key: facts.id,
      item,
      depth,
      isOrphan: answeredId !== undefined && !answers,
      ...(answers && { answers }),
    });
    for (const reply of threads.repliesTo.get(facts.id) ?? [])
      rows.push({ kind: 'reply', key: `reply:${reply.key}`, reply, depth: depth + 1 });
    for (const child of (threads.children.get(facts.id) ?? []).toReversed())
      open.push({ item: child, depth: depth + 1 });
  }
}
