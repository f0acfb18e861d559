import type { Cancel, Clock } from '@hiscrm/shared/lib/clock.ts';
import { applyEvent } from '../control/apply-event.ts';
import type { SimEvent } from '../control/schemas.ts';
import type { Site } from '../http/site.ts';
import { Random } from '../lib/random.ts';
import type { AccountWorld } from '../world/account-world.ts';
import { DM_OUT, EMOJI } from '../world/phrases.ts';

export type DemoTrafficOptions = { seed?: string | undefined; ratePerMinute: number };
export interface DemoTraffic {
  /** Events made so far. */
  count(): number;
  /** Ends the traffic. Safe twice. */
  stop(): void;
}

/** How often each thing happens, relative to the others. */
const WEIGHTS: readonly [kind: SimEvent['kind'], weight: number][] = [
  ['comment_new', 34],
  ['dm_in', 30],
  ['reply_new', 8],
  ['like', 8],
  ['comment_like', 6],
  ['dm_out_from_phone', 5],
  ['work_stats', 4],
  ['follow', 3],
  ['comment_edit', 1],
  ['dm_recall', 1],
  ['work_new', 0.3],
];
/** Of the newest conversations and works, so that threads go on rather than always begin. */
const RECENT = 6;

/** Share of messages that are not plain text, and what they are: sticker, shared work, picture. */
const RICH_SHARE = 0.12;
const RICH_TYPES = [5, 8, 27] as const;

/** Makes customers write to the accounts at a mean rate, with exponential gaps. */
export function startDemoTraffic(site: Site, clock: Clock, options: DemoTrafficOptions): DemoTraffic {
  const random = new Random(`demo/${options.seed ?? 'demo'}`);
  const meanGapMs = 60_000 / options.ratePerMinute;
  let count = 0;
  let cancel: Cancel = () => undefined;
  let isStopped = false;
  const turn = (): void => {
    const event = makeEvent(random, random.pick(site.world.accounts));
    if (event) {
      applyEvent(site, event);
      count += 1;
    }
    schedule();
  };
  const schedule = (): void => {
    if (!isStopped) cancel = clock.after(-Math.log(1 - random.next()) * meanGapMs, turn);
  };
  schedule();
  return {
    count: () => count,
    stop: () => {
      isStopped = true;
      cancel();
    },
  };
}

function pickKind(random: Random): SimEvent['kind'] {
  const total = WEIGHTS.reduce((sum, [, weight]) => sum + weight, 0);
  let left = random.next() * total;
  for (const [kind, weight] of WEIGHTS) {
    left -= weight;
    if (left < 0) return kind;
  }
  return 'comment_new';
}

/** The next thing to happen in an account; undefined when it has nothing that it could happen to. */
function makeEvent(random: Random, account: AccountWorld): SimEvent | undefined {
  const kind = pickKind(random);
  const base = { account: account.key };
  const works = account
    .works()
    .filter(({ flags }) => !flags.isPrivate && !flags.isDeleted)
    .slice(0, RECENT);
  const work = works.length > 0 ? random.pick(works) : undefined;
  const conversations = account.conversations().slice(0, RECENT);
  const conversation = conversations.length > 0 ? random.pick(conversations) : undefined;
  const comments = work?.comments.top().slice(0, RECENT) ?? [];
  const comment = comments.length > 0 ? random.pick(comments) : undefined;
  switch (kind) {
    case 'comment_new':
      return work && { ...base, kind, work: work.awemeId, user: random.int(0, 60) };
    case 'reply_new':
      return work && comment && { ...base, kind, work: work.awemeId, parent: comment.cid, user: random.int(0, 60) };
    case 'comment_edit':
      return (
        work &&
        comment && {
          ...base,
          kind,
          work: work.awemeId,
          comment: comment.cid,
          text: `${comment.text}${random.pick(EMOJI)}`,
        }
      );
    case 'comment_like':
      return work && comment && { ...base, kind, work: work.awemeId, comment: comment.cid, delta: random.int(1, 3) };
    case 'like':
      return work && { ...base, kind, work: work.awemeId, user: random.int(0, 60) };
    case 'work_stats':
      return work && { ...base, kind, work: work.awemeId, play: random.int(5, 400), collect: random.int(0, 3) };
    case 'dm_in':
      if (conversation && random.chance(RICH_SHARE))
        return { ...base, kind, conversation: conversation.id, type: random.pick(RICH_TYPES) };
      return random.chance(0.15) || !conversation
        ? { ...base, kind, user: random.int(0, 90) }
        : { ...base, kind, conversation: conversation.id };
    case 'dm_out_from_phone':
      return conversation && { ...base, kind, conversation: conversation.id, text: random.pick(DM_OUT) };
    case 'dm_recall': {
      const last = conversation?.messages.at(-1);
      return conversation && last && { ...base, kind, conversation: conversation.id, message: last.serverId };
    }
    case 'follow':
      return { ...base, kind, user: random.int(0, 90) };
    case 'work_new':
      return { ...base, kind };
    default:
      return undefined;
  }
}
