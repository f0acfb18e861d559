import type { ContentFacts } from '@hiscrm/shared/model/facts.ts';
import type { ItemId, ReplyId, TopicId } from '@hiscrm/shared/model/ids.ts';
import { contentRef, conversationRef, type ItemKind } from '@hiscrm/shared/model/topic-ref.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import Type, { type Static } from 'typebox';
import type { App } from '../app.ts';
import type { HttpDeps } from '../http-deps.ts';
import { toConversation, toDiscussion, toMessage, toReplyMessage, toUnified, toUser, toWork } from './im-objects.ts';
import {
  conversationSchema,
  discussionSchema,
  messageSchema,
  unifiedSchema,
  userSchema,
  workSchema,
} from './im-schemas.ts';
import { addWrite, type WriteCall } from './im-write-route.ts';
import { BODY } from './im-write-schemas.ts';
import { ImWrites } from './im-writes.ts';

type Call<N extends keyof typeof BODY> = WriteCall<Static<(typeof BODY)[N]>>;
const goneSchema = Type.Object({ deleted: Type.Literal(true) });
const GONE = { deleted: true } as const;

/** The historic inbox API, writing. What is decided here is decided for everybody; what is sent is sent once. */
export function addImWriteRoutes(app: App, deps: HttpDeps): void {
  const writes = new ImWrites(deps);
  addAccounts(app, writes);
  addConversations(app, writes);
  addMessages(app, writes);
  addContents(app, writes);
  addDiscussions(app, writes);
  addUnified(app, writes);
}

function addAccounts(app: App, writes: ImWrites): void {
  addWrite(app, {
    method: 'POST',
    path: '/api/im/accounts',
    summary: 'Adds an account; it waits for its login.',
    access: 'admin',
    body: BODY.newAccount,
    answer: userSchema,
    run: async ({ principal, body }: Call<'newAccount'>) => {
      const name = (body.account_name ?? body.user_name ?? '').trim();
      if (name === '') throw new ImError('BAD_REQUEST', { reason: 'account_name is required' });
      return toUser(await writes.addAccount(principal, body.platform, name));
    },
  });
  addWrite(app, {
    method: 'PUT',
    path: '/api/im/accounts/:id',
    summary: 'Renames, pauses or resumes an account.',
    access: 'admin',
    body: BODY.account,
    answer: userSchema,
    run: async ({ principal, id, body }: Call<'account'>) => {
      const account = writes.reads.accountByAnyId(principal, id);
      const name = (body.account_name ?? body.user_name)?.trim();
      if (name === '') throw new ImError('BAD_REQUEST', { reason: 'account_name is empty' });
      const patch = {
        ...(name !== undefined && { name }),
        ...(body.status !== undefined && { isPaused: body.status !== 'active' }),
      };
      return toUser(await writes.changeAccount(principal, { accountId: account.id, ...patch }));
    },
  });
  addWrite(app, {
    method: 'DELETE',
    path: '/api/im/accounts/:id',
    summary: 'Removes the account with everything that was collected for it.',
    access: 'admin',
    answer: goneSchema,
    run: async ({ principal, id }) => {
      const account = writes.reads.accountByAnyId(principal, id);
      await writes.removeAccount(principal, account.id);
      return { user_id: account.id, ...GONE };
    },
  });
}

function addConversations(app: App, writes: ImWrites): void {
  const shown = ({ principal, id }: WriteCall<unknown>, accountId: WriteCall<unknown>['accountId']): object => {
    const { account, view } = writes.reads.anyTopic(principal, 'conversation', id, accountId);
    return view.record.kind === 'conversation' ? toConversation(account, view.record, view.summary) : {};
  };
  addWrite(app, {
    method: 'POST',
    path: '/api/im/conversations',
    summary: 'Writes a conversation down that is on the platform. Its messages come with the account’s Worker.',
    access: 'admin',
    body: BODY.newConversation,
    answer: conversationSchema,
    run: async (call: Call<'newConversation'>) => {
      const { principal, body } = call;
      const peer = { user_id: body.user_id, user_name: body.user_name, avatar: body.avatar, ...body.participant };
      const id = body.conversation_id ?? peer.user_id;
      if (id === undefined) throw new ImError('BAD_REQUEST', { reason: 'conversation_id or user_id is required' });
      await writes.recordTopic(principal, body.account_id, {
        kind: 'conversation.observed',
        facts: {
          id: id as TopicId, // a platform id, checked by the schema
          type: body.conversation_type === 'group' ? 'group' : 'private',
          peer: peer.user_id === undefined ? undefined : personOf(peer.user_id, peer.user_name, peer.avatar),
        },
      });
      return shown({ ...call, id }, body.account_id);
    },
  });
  addWrite(app, {
    method: 'PUT',
    path: '/api/im/conversations/:id/read',
    summary: 'Marks everything in the conversation read.',
    answer: conversationSchema,
    run: async (call) => {
      const { accountId } = await writes.readTopic(call.principal, 'conversation', call.id, call.accountId);
      return shown(call, accountId);
    },
  });
  addWrite(app, {
    method: 'DELETE',
    path: '/api/im/conversations/:id',
    summary: 'Puts the conversation away, read, for everybody. It is back with its next message.',
    answer: goneSchema,
    run: async ({ principal, id, accountId }) => {
      await writes.markTopic(principal, { kind: 'conversation', id, accountId }, { isHidden: true });
      return { conversation_id: id, ...GONE };
    },
  });
  for (const [mark, field] of [
    ['pin', 'isPinned'],
    ['mute', 'isMuted'],
  ] as const) {
    for (const method of ['PUT', 'DELETE'] as const) {
      const summary = `${method === 'PUT' ? 'Sets' : 'Takes away'} the ${mark} of the conversation, for everybody.`;
      addWrite(app, {
        method,
        path: `/api/im/conversations/:id/${mark}`,
        summary,
        answer: conversationSchema,
        run: async (call) => {
          const wanted = { kind: 'conversation', id: call.id, accountId: call.accountId } as const;
          const { accountId } = await writes.markTopic(call.principal, wanted, { [field]: method === 'PUT' });
          return shown(call, accountId);
        },
      });
    }
  }
}

function addMessages(app: App, writes: ImWrites): void {
  addWrite(app, {
    method: 'POST',
    path: '/api/im/messages',
    summary: 'Sends a direct message; with the platform’s msg_id, writes one down that is there already.',
    body: BODY.newMessage,
    answer: messageSchema,
    run: async (call: Call<'newMessage'>) => {
      const { principal, body } = call;
      if (body.msg_id !== undefined) return recordMessage(writes, call);
      const account = writes.reads.account(principal, body.account_id);
      const { record } = writes.reads.topic(account.id, 'conversation', body.conversation_id);
      const toItemId = body.reply_to_message_id;
      const params = {
        topic: conversationRef(account.id, record.id),
        text: body.content,
        ...(toItemId && { toItemId: toItemId as ItemId }), // looked up by the command
      };
      return toReplyMessage(account, record, await writes.send(principal, params, body.request_id));
    },
  });
  addWrite(app, {
    method: 'PUT',
    path: '/api/im/messages/:id/read',
    summary: 'Marks one message read.',
    answer: messageSchema,
    run: async ({ principal, id, accountId }) => toMessage(await writes.readItem(principal, 'message', id, accountId)),
  });
  for (const [method, suffix, state] of [
    ['DELETE', '', 'deleted'],
    ['PUT', '/recall', 'recalled'],
  ] as const) {
    addWrite(app, {
      method,
      path: `/api/im/messages/:id${suffix}`,
      summary: `Writes down that the message is ${state} on its platform. Nothing happens there.`,
      access: 'admin',
      answer: messageSchema,
      run: async ({ principal, id, accountId }) =>
        toMessage(await writes.changeState(principal, { kind: 'message', id, accountId }, state)),
    });
  }
  addWrite(app, {
    method: 'PUT',
    path: '/api/im/messages/:id/status',
    summary: 'Marks a message read; or says of a reply whose outcome nobody knows whether it was sent.',
    body: BODY.messageStatus,
    answer: messageSchema,
    run: (call: Call<'messageStatus'>) => changeStatus(writes, call),
  });
}

async function recordMessage(writes: ImWrites, { principal, body }: Call<'newMessage'>): Promise<object> {
  const { account_id, msg_id = '', sender, create_time } = body;
  await writes.recordItem(principal, account_id, {
    kind: 'message',
    id: msg_id as ItemId, // a platform id, checked by the schema
    topicId: body.conversation_id as TopicId, // likewise
    type: 'text',
    text: body.content,
    direction: body.direction === 'outbound' ? 'out' : 'in',
    ...(sender?.user_id !== undefined && { author: personOf(sender.user_id, sender.user_name, sender.avatar) }),
    ...(create_time !== undefined && { at: create_time }),
  });
  return toMessage(writes.reads.anyItem(principal, 'message', msg_id, account_id));
}

async function changeStatus(writes: ImWrites, call: Call<'messageStatus'>): Promise<object> {
  const { principal, id, accountId } = call;
  const { status } = call.body;
  const reply = writes.reads.reply(principal, id);
  if (reply && (status === 'sent' || status === 'failed')) {
    await writes.settle(principal, id as ReplyId, status === 'sent'); // just found
    const { account, record, reply: settled } = writes.reads.reply(principal, id) ?? reply;
    return toReplyMessage(account, record, settled);
  }
  if (status === 'read') return toMessage(await writes.readItem(principal, 'message', id, accountId));
  writes.reads.anyItem(principal, 'message', id, accountId);
  throw new ImError('NOT_SUPPORTED', { reason: `whether a message is ${status} is what its platform says` });
}

function addContents(app: App, writes: ImWrites): void {
  const shown = (call: WriteCall<unknown>, accountId: WriteCall<unknown>['accountId']): object => {
    const { account, view } = writes.reads.anyTopic(call.principal, 'content', call.id, accountId);
    return view.record.kind === 'content' ? toWork(account, view.record, view.summary) : {};
  };
  const record = async (call: Call<'newContent'>, id: string, known?: ContentFacts): Promise<object> => {
    const { principal, body } = call;
    await writes.recordTopic(principal, body.account_id, {
      kind: 'content.observed',
      facts: {
        id: id as TopicId, // a platform id, checked by the schema
        type: (body.content_type as string) === 'image' ? 'images' : body.content_type,
        title: body.title,
        description: body.description,
        coverUrl: body.cover,
        url: webAddress(body.url),
        publishedAt: body.publish_time,
        stats: statsOf(body.stats),
        observedAt: writes.after(known),
      },
    });
    return shown({ ...call, id }, body.account_id);
  };
  addWrite(app, {
    method: 'POST',
    path: '/api/im/contents',
    summary: 'Writes a work down that is on the platform.',
    access: 'admin',
    body: BODY.newContent,
    answer: workSchema,
    run: async (call: Call<'newContent'>) => {
      const id = call.body.content_id ?? call.body.platform_content_id;
      if (id === undefined) throw new ImError('BAD_REQUEST', { reason: 'content_id is required' });
      return record(call, id);
    },
  });
  addWrite(app, {
    method: 'PUT',
    path: '/api/im/contents/:id',
    summary: 'Changes what is written down about a work; the Worker’s next reading may change it again.',
    access: 'admin',
    body: Type.Omit(BODY.newContent, ['account_id']),
    answer: workSchema,
    run: async (call) => {
      const { account, view } = writes.reads.anyTopic(call.principal, 'content', call.id, call.accountId);
      const known = view.record.kind === 'content' ? view.record.facts : undefined;
      return record({ ...call, body: { ...call.body, account_id: account.id } }, call.id, known);
    },
  });
  addWrite(app, {
    method: 'PUT',
    path: '/api/im/contents/:id/read',
    summary: 'Marks every comment of the work read.',
    answer: workSchema,
    run: async (call) => {
      const { accountId } = await writes.readTopic(call.principal, 'content', call.id, call.accountId);
      return shown(call, accountId);
    },
  });
  addWrite(app, {
    method: 'DELETE',
    path: '/api/im/contents/:id',
    summary: 'Puts the work away, read, for everybody. It is back with its next comment.',
    answer: goneSchema,
    run: async ({ principal, id, accountId }) => {
      await writes.markTopic(principal, { kind: 'content', id, accountId }, { isHidden: true });
      return { content_id: id, ...GONE };
    },
  });
}

function addDiscussions(app: App, writes: ImWrites): void {
  addWrite(app, {
    method: 'POST',
    path: '/api/im/discussions',
    summary: 'Answers a comment; with the platform’s discussion_id, writes an answer down that is there already.',
    body: BODY.newDiscussion,
    answer: discussionSchema,
    run: (call: Call<'newDiscussion'>) => postDiscussion(writes, call),
  });
  addWrite(app, {
    method: 'PUT',
    path: '/api/im/discussions/:id',
    summary: 'Changes the text that is written down, or marks it read.',
    access: 'admin',
    body: BODY.discussion,
    answer: discussionSchema,
    run: async ({ principal, id, accountId, body }: Call<'discussion'>) => {
      const { account, item } = writes.reads.anyItem(principal, 'comment', id, accountId);
      if (body.is_read === false) {
        throw new ImError('NOT_SUPPORTED', { reason: 'what somebody has seen does not become unread' });
      }
      if (body.content !== undefined) {
        const { id: itemId, topicId } = item.facts;
        await writes.recordItem(principal, account.id, {
          kind: 'comment',
          id: itemId,
          topicId,
          text: body.content,
          observedAt: writes.after(item.facts),
        });
      }
      if (body.is_read) await writes.readItem(principal, 'comment', id, account.id);
      return toDiscussion(writes.reads.anyItem(principal, 'comment', id, account.id));
    },
  });
  addWrite(app, {
    method: 'PUT',
    path: '/api/im/discussions/:id/read',
    summary: 'Marks one answer read.',
    answer: discussionSchema,
    run: async ({ principal, id, accountId }) =>
      toDiscussion(await writes.readItem(principal, 'comment', id, accountId)),
  });
  addWrite(app, {
    method: 'DELETE',
    path: '/api/im/discussions/:id',
    summary: 'Writes down that the answer is deleted on its platform. Nothing happens there.',
    access: 'admin',
    answer: goneSchema,
    run: async ({ principal, id, accountId }) => {
      await writes.changeState(principal, { kind: 'comment', id, accountId }, 'deleted');
      return { discussion_id: id, ...GONE };
    },
  });
}

async function postDiscussion(writes: ImWrites, { principal, body }: Call<'newDiscussion'>): Promise<object> {
  const { account_id, parent_comment_id, content, author, create_time } = body;
  const parent = writes.reads.anyItem(principal, 'comment', parent_comment_id, account_id);
  const { id: parentId, topicId } = parent.item.facts;
  const id = body.discussion_id ?? body.platform_discussion_id;
  if (id !== undefined) {
    await writes.recordItem(principal, account_id, {
      kind: 'comment',
      id: id as ItemId, // a platform id, checked by the schema
      topicId,
      parentId,
      text: content,
      ...(author?.author_id !== undefined && { author: personOf(author.author_id, author.author_name, undefined) }),
      ...(create_time !== undefined && { at: create_time }),
    });
    return toDiscussion(writes.reads.anyItem(principal, 'comment', id, account_id));
  }
  const params = { topic: contentRef(parent.account.id, topicId), toItemId: parentId, text: content };
  const reply = await writes.send(principal, params, body.request_id);
  return {
    ...toDiscussion(parent),
    discussion_id: reply.id,
    platform_discussion_id: '',
    parent_comment_id: parentId,
    content: reply.text,
    author: {
      author_id: parent.account.profile?.platformUserId ?? '',
      author_name: parent.account.profile?.nickname ?? '',
    },
    is_read: true,
    is_new: false,
    detected_at: reply.requestedAt,
    created_at: reply.requestedAt,
  };
}

function addUnified(app: App, writes: ImWrites): void {
  addWrite(app, {
    method: 'PUT',
    path: '/api/im/unified-messages/:id/read',
    summary: 'Marks one comment, discussion or message read.',
    body: BODY.unifiedRead,
    answer: unifiedSchema,
    run: async ({ principal, id, accountId, body }: Call<'unifiedRead'>) =>
      toUnified(await writes.readItem(principal, itemKindOf(body.business_type), id, accountId)),
  });
  addWrite(app, {
    method: 'PUT',
    path: '/api/im/unified-messages/read-many',
    summary: 'Marks many read; the answer says how many were known.',
    body: BODY.unifiedReadMany,
    answer: Type.Object({ updated: Type.Integer() }),
    run: async ({ principal, accountId, body }: Call<'unifiedReadMany'>) => ({
      updated: await writes.readItems(principal, itemKindOf(body.business_type), body.message_ids, accountId),
    }),
  });
}

const itemKindOf = (businessType: string): ItemKind => (businessType === 'direct_message' ? 'message' : 'comment');

const personOf = (id: string, name: string | undefined, avatarUrl: string | undefined) => ({
  id,
  ...(name !== undefined && { name }),
  ...(avatarUrl !== undefined && { avatarUrl }),
});

/** Clients open addresses of works: only web pages are addresses. */
function webAddress(url: string | undefined): string | undefined {
  if (url === undefined || /^https?:\/\//i.test(url)) return url;
  throw new ImError('BAD_REQUEST', { reason: 'url must be a web address' });
}

function statsOf(stats: Static<(typeof BODY)['newContent']>['stats']): Record<string, number> | undefined {
  if (!stats) return undefined;
  const named = {
    commentCount: stats.total_comments,
    likeCount: stats.likes,
    shareCount: stats.shares,
    viewCount: stats.views,
  };
  const known = Object.entries(named).filter((entry): entry is [string, number] => entry[1] !== undefined);
  return known.length > 0 ? Object.fromEntries(known) : undefined;
}
