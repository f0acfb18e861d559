import type { Site } from '../http/site.ts';
import type { JsonObject } from '../lib/encode-json.ts';
import type { AccountWorld } from '../world/account-world.ts';
import type { Comment, Person } from '../world/comment.ts';
import type { Conversation, Work } from '../world/model.ts';
import { COMMON_COMMENTS, DM_IN, USER_REPLIES } from '../world/phrases.ts';
import { contentOfType } from '../world/rich-message.ts';
import type { NewMessage } from '../world/world.ts';
import { ControlError } from './control-error.ts';
import type { SimEvent } from './schemas.ts';

/** The platform ids of what an event made or touched, and the virtual time. */
export type EventResult = {
  atMs: number;
  account: string;
  awemeId?: string | undefined;
  cid?: string | undefined;
  conversationId?: string | undefined;
  serverId?: string | undefined;
  uid?: string | undefined;
  nid?: string | undefined;
  text?: string | undefined;
};
type EventOf<K extends SimEvent['kind']> = Extract<SimEvent, { kind: K }>;
type Made = Omit<EventResult, 'atMs' | 'account'>;

/** People a random customer is drawn from. */
const CROWD = 40;

/** Carries out one event. @throws ControlError when it names something that does not exist. */
export function applyEvent(site: Site, event: SimEvent): EventResult {
  const account = site.world.account(event.account);
  if (!account) throw new ControlError(`no account ${event.account}`);
  return { atMs: site.clock.nowMs(), account: account.key, ...happen(site, account, event) };
}

function happen(site: Site, account: AccountWorld, event: SimEvent): Made {
  const { world } = site;
  switch (event.kind) {
    case 'comment_new':
      return commentNew(site, account, event);
    case 'reply_new':
      return replyNew(site, account, event);
    case 'comment_edit': {
      const { comment, work } = findComment(account, event.comment, event.work);
      comment.text = event.text;
      return { cid: comment.cid, awemeId: work.awemeId };
    }
    case 'comment_delete': {
      const { comment, work } = findComment(account, event.comment, event.work);
      if (event.mode === 'status') comment.status = 7;
      else work.comments.remove(comment.cid);
      return { cid: comment.cid, awemeId: work.awemeId };
    }
    case 'comment_like': {
      const { comment, work } = findComment(account, event.comment, event.work);
      comment.diggCount = Math.max(0, comment.diggCount + (event.delta ?? 1));
      return { cid: comment.cid, awemeId: work.awemeId };
    }
    case 'like': {
      const work = findWork(account, event.work);
      const person = findPerson(site, account, event.user);
      return { awemeId: work.awemeId, uid: person.uid, nid: world.like(account, work, person) };
    }
    case 'follow': {
      const person = findPerson(site, account, event.user);
      return { uid: person.uid, nid: world.follow(account, person) };
    }
    case 'system_notice':
      return { nid: world.systemNotice(account, event.title, event.content) };
    case 'dm_in':
    case 'dm_out_from_phone':
      return message(site, account, event);
    case 'dm_recall':
    case 'dm_read':
      return messageChange(site, account, event);
    case 'work_new':
      return { awemeId: world.addWork(account, { title: event.title, desc: event.desc, kind: event.type }).awemeId };
    default:
      return workChange(account, event);
  }
}

function commentNew(site: Site, account: AccountWorld, event: EventOf<'comment_new'>): Made {
  const work = findWork(account, event.work);
  const author = findPerson(site, account, event.user);
  const comment = site.world.addComment(account, {
    work,
    author,
    text: event.text ?? site.world.random.pick([...account.context.trade.questions, ...COMMON_COMMENTS]),
    isPinned: event.isPinned,
    imageCount: event.images,
    createdMs: event.atMs,
  });
  return { cid: comment.cid, awemeId: work.awemeId, uid: author.uid, text: comment.text };
}

function replyNew(site: Site, account: AccountWorld, event: EventOf<'reply_new'>): Made {
  const found = findComment(account, event.parent, event.work);
  const parent = found.comment.level === 1 ? found.comment : found.work.comments.find(found.comment.replyId);
  if (!parent) throw new ControlError(`no parent for ${event.parent}`);
  const replyTo =
    event.replyTo !== undefined ? findComment(account, event.replyTo, found.work.awemeId).comment : undefined;
  const author = event.byAuthor ? account.brand : findPerson(site, account, event.user);
  const comment = site.world.addComment(account, {
    work: found.work,
    author,
    text: event.text ?? site.world.random.pick(USER_REPLIES),
    parent,
    replyTo: replyTo ?? (found.comment.level === 2 ? found.comment : undefined),
    createdMs: event.atMs,
  });
  return { cid: comment.cid, awemeId: found.work.awemeId, uid: author.uid, text: comment.text };
}

function message(site: Site, account: AccountWorld, event: EventOf<'dm_in'> | EventOf<'dm_out_from_phone'>): Made {
  const conversation =
    event.conversation === undefined
      ? site.world.conversationWith(account, findPerson(site, account, event.user))
      : findConversation(account, event.conversation);
  const text = event.text ?? site.world.random.pick(DM_IN);
  const sender = event.kind === 'dm_in' ? conversation.peer : account.brand;
  const rich = event.kind === 'dm_in' ? richContent(site, account, conversation, event, text) : {};
  const made = site.world.addMessage(account, { conversation, sender, text, ...rich, createdMs: event.atMs });
  return { conversationId: conversation.id, serverId: made.serverId, uid: conversation.peer.uid };
}

/** A type without content gets content that such a message has. */
function richContent(
  site: Site,
  account: AccountWorld,
  conversation: Conversation,
  event: EventOf<'dm_in'>,
  text: string,
): Partial<NewMessage> {
  const { type, rawContent } = event;
  // The body came in as JSON, so what it holds is JSON.
  const given = event.content as JsonObject | undefined;
  if (given || type === undefined) return { type, rawContent, content: given };
  const work = account.works().find(({ flags }) => !flags.isDeleted && !flags.isPrivate);
  const context = { random: site.world.random, media: site.media, brand: account.brand, peer: conversation.peer, work };
  return { type, rawContent, content: contentOfType(type, text, context) };
}

function messageChange(site: Site, account: AccountWorld, event: EventOf<'dm_recall'> | EventOf<'dm_read'>): Made {
  const conversation = findConversation(account, event.conversation);
  if (event.kind === 'dm_read') {
    site.world.markRead(account, conversation);
    return { conversationId: conversation.id };
  }
  const recalled = conversation.messages.find((candidate) => candidate.serverId === event.message);
  if (!recalled) throw new ControlError(`no message ${event.message}`);
  site.world.recall(account, conversation, recalled);
  return { conversationId: conversation.id, serverId: recalled.serverId };
}

type WorkChange =
  | EventOf<'work_stats'>
  | EventOf<'work_private'>
  | EventOf<'work_review'>
  | EventOf<'work_comments_closed'>
  | EventOf<'work_delete'>;

function workChange(account: AccountWorld, event: WorkChange): Made {
  const work = findWork(account, event.work);
  const { flags, stats } = work;
  switch (event.kind) {
    case 'work_stats':
      for (const name of ['play', 'digg', 'share', 'collect'] as const)
        stats[name] = Math.max(0, stats[name] + (event[name] ?? 0));
      break;
    case 'work_private':
      flags.isPrivate = event.isPrivate ?? true;
      break;
    case 'work_review':
      flags.isInReview = event.isInReview ?? true;
      break;
    case 'work_comments_closed':
      flags.isCommentAllowed = !(event.isClosed ?? true);
      break;
    case 'work_delete':
      flags.isDeleted = true;
      break;
  }
  return { awemeId: work.awemeId };
}

function findWork(account: AccountWorld, awemeId: string | undefined): Work {
  const work =
    awemeId === undefined
      ? account.works().find(({ flags }) => !flags.isDeleted && !flags.isPrivate && !flags.isInReview)
      : account.work(awemeId);
  if (!work) throw new ControlError(`no work ${awemeId ?? '(newest)'} in ${account.key}`);
  return work;
}

/** Without a work, the works are looked through, newest first. */
function findComment(
  account: AccountWorld,
  cid: string,
  awemeId: string | undefined,
): { comment: Comment; work: Work } {
  const works = awemeId === undefined ? account.works() : [findWork(account, awemeId)];
  for (const work of works) {
    const comment = work.comments.find(cid);
    if (comment) return { comment, work };
  }
  throw new ControlError(`no comment ${cid} in ${account.key}`);
}

function findConversation(account: AccountWorld, id: string): Conversation {
  const conversation = account.conversation(id);
  if (!conversation) throw new ControlError(`no conversation ${id} in ${account.key}`);
  return conversation;
}

function findPerson(site: Site, account: AccountWorld, user: number | string | undefined): Person {
  if (typeof user !== 'string') return account.people.at(user ?? site.world.random.int(0, CROWD - 1));
  const person = account.people.find(user);
  if (!person) throw new ControlError(`no user ${user} in ${account.key}`);
  return person;
}
