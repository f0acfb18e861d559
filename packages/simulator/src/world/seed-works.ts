import type { IdSource } from '../lib/platform-id.ts';
import type { Random } from '../lib/random.ts';
import type { Comment, Person } from './comment.ts';
import { CommentShelf } from './comment-shelf.ts';
import type { People } from './make-person.ts';
import type { Work } from './model.ts';
import { AUTHOR_REPLIES, COMMON_COMMENTS, EMOJI, type Trade, USER_REPLIES } from './phrases.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Share of seeded comments that answer another one. */
const REPLY_SHARE = 0.28;

export type SeedContext = { random: Random; ids: IdSource; people: People; brand: Person; trade: Trade; nowMs: number };

function makeComment(context: SeedContext, work: Work, random: Random, index: number, createdMs: number): Comment {
  const { people, trade, ids } = context;
  const peopleCount = Math.max(30, Math.floor(work.comments.count / 4));
  const text = random.chance(0.5) ? random.pick(trade.questions) : random.pick(COMMON_COMMENTS);
  return {
    cid: ids.named(createdMs, `${work.awemeId}/c${index}`),
    awemeId: work.awemeId,
    author: people.at(random.int(0, peopleCount - 1)),
    text: random.chance(0.2) ? `${text}${random.pick(EMOJI)}` : text,
    createdMs,
    status: 1,
    level: 1,
    replyId: '0',
    replyToReplyId: '0',
    replyTo: undefined,
    diggCount: random.chance(0.4) ? random.int(1, 40) : 0,
    isDigged: false,
    isPinned: false,
    imageKeys: random.chance(0.06) ? [random.hex(32)] : [],
  };
}

function asReply(
  context: SeedContext,
  random: Random,
  comment: Comment,
  parent: Comment,
  siblings: Comment[],
): Comment {
  const isAuthor = random.chance(0.55);
  const answered = siblings.length > 0 && random.chance(0.5) ? random.pick(siblings) : undefined;
  return {
    ...comment,
    level: 2,
    author: isAuthor ? context.brand : comment.author,
    text: isAuthor ? random.pick(AUTHOR_REPLIES) : random.pick(USER_REPLIES),
    replyId: parent.cid,
    replyToReplyId: answered?.cid ?? '0',
    replyTo: answered?.author,
    imageKeys: [],
  };
}

/** All seeded comments of a work, spread from its publication until the seeding instant: none is of the future. */
export function seedComments(context: SeedContext, work: Work, count: number): Comment[] {
  const random = context.random.fork(`comments/${work.awemeId}`);
  const ageMs = context.nowMs - work.createdMs;
  const marginMs = Math.min(30_000, ageMs / 4);
  const spanMs = ageMs - 2 * marginMs;
  const times = Array.from(
    { length: count },
    () => work.createdMs + Math.floor(marginMs + random.next() ** 2 * spanMs),
  ).sort((a, b) => a - b);
  const made: Comment[] = [];
  const top: Comment[] = [];
  const repliesOf = new Map<string, Comment[]>();
  times.forEach((createdMs, index) => {
    const comment = makeComment(context, work, random, index, createdMs);
    if (top.length === 0 || !random.chance(REPLY_SHARE)) {
      top.push(comment);
      made.push(comment);
      return;
    }
    const parent = random.pick(top.slice(-12));
    const siblings = repliesOf.get(parent.cid) ?? [];
    const reply = asReply(context, random, comment, parent, siblings);
    repliesOf.set(parent.cid, [...siblings, reply]);
    made.push(reply);
  });
  const first = top[0];
  if (first && random.chance(0.3))
    Object.assign(first, { author: context.brand, isPinned: true, text: '感谢大家支持，问题我都会看～' });
  return made;
}

/** A work without comments. */
export function bareWork(context: SeedContext, random: Random, createdMs: number, awemeId: string): Work {
  const { trade } = context;
  const tags = random.shuffle(trade.tags).slice(0, random.int(0, 2));
  const play = Math.floor(10 ** (2 + random.next() * 3.5));
  const isImages = random.chance(0.25);
  return {
    awemeId,
    kind: isImages ? 'images' : 'video',
    title: random.pick(trade.titles),
    desc: [random.pick(trade.captions), ...tags.map((tag) => `#${tag}`)].join(' '),
    createdMs,
    durationMs: isImages ? 0 : random.int(9_000, 95_000),
    coverKey: random.hex(32),
    imageKeys: isImages ? Array.from({ length: random.int(2, 6) }, () => random.hex(32)) : [],
    hashtags: tags,
    stats: { play, digg: Math.floor(play * 0.06), share: Math.floor(play * 0.004), collect: Math.floor(play * 0.014) },
    flags: { isDeleted: false, isPrivate: false, isInReview: false, isProhibited: false, isCommentAllowed: true },
    comments: new CommentShelf(0, () => []),
  };
}

/** `count` works, newest first. The second and third share a title; the last but one is private, as on a lived-in account. */
export function seedWorks(context: SeedContext, count: number, commentsPerWork: number, hugeComments: number): Work[] {
  const works: Work[] = [];
  let atMs = context.nowMs - 2 * HOUR_MS;
  const total = count + (hugeComments > 0 ? 1 : 0);
  for (let index = 0; index < total; index += 1) {
    const random = context.random.fork(`work${index}`);
    const work = bareWork(context, random, atMs, context.ids.named(atMs, `work${index}`));
    const isHuge = hugeComments > 0 && index === Math.min(3, count);
    const comments = isHuge ? hugeComments : Math.floor(commentsPerWork * (0.4 + random.next() * 1.2));
    if (index === total - 2 && total > 4) Object.assign(work, { flags: { ...work.flags, isPrivate: true }, title: '' });
    else if (comments > 0) work.comments = new CommentShelf(comments, () => seedComments(context, work, comments));
    works.push(work);
    atMs -= Math.floor(DAY_MS * (0.4 + random.next() * 2.6));
  }
  const [, second, third] = works;
  if (second && third) third.title = second.title;
  return works;
}
