import type { NoticePriority, NoticeTarget } from '@hiscrm/shared/model/notice.ts';
import { DEFAULT_NOTICE_TYPE, NOTICE_PRIORITIES } from '@hiscrm/shared/model/notice.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import type { FastifyRequest } from 'fastify';
import Type, { type Static } from 'typebox';
import { fillTemplate } from '../notices/fill-template.ts';
import type { NoticeHub } from '../notices/notice-hub.ts';
import type { SendRequest } from '../notices/send-notice.ts';
import type { App } from './app.ts';
import { momentOf } from './notice-moments.ts';
import { answer, messageParams, ok, type SendBody, sendBodySchema, sendResultSchema } from './notice-schemas.ts';
import { need } from './who-asks.ts';

/** Room for a hundred thousand user ids. */
const SEND_BODY_LIMIT_BYTES = 8 * 1024 * 1024;
const KEY_LIMIT_CHARS = 200;
const tags = ['notices'];

/** Sending, and what becomes of what was sent. */
export function addNoticeSendRoutes(app: App, hub: NoticeHub): void {
  app.post(
    '/api/admin/system/notice',
    {
      bodyLimit: SEND_BODY_LIMIT_BYTES,
      config: { access: 'admin' as const },
      schema: {
        summary:
          'Sends a notice; answers once it is durable for every recipient. The same key or id never sends twice.',
        tags,
        body: sendBodySchema,
        response: answer(sendResultSchema, 202),
      },
    },
    async (request, reply) => {
      const { userId } = need(request.principal, 'admin');
      const asked = toRequest(request.body as SendBody, keyOf(request), hub); // checked by the schema
      reply.code(202);
      return ok(await hub.sender.send(asked, userId));
    },
  );
  app.post(
    '/api/admin/system/notice/preview',
    {
      bodyLimit: SEND_BODY_LIMIT_BYTES,
      config: { access: 'admin' as const },
      schema: {
        summary: 'How many users the notice would go to now, and its words. Sends nothing.',
        tags,
        body: sendBodySchema,
        response: answer(
          Type.Object({
            recipients: Type.Integer(),
            online: Type.Integer(),
            title: Type.Union([Type.String(), Type.Null()]),
            content: Type.String(),
          }),
        ),
      },
    },
    (request) => {
      const asked = toRequest(request.body as SendBody, undefined, hub); // checked by the schema
      return ok({ ...hub.sender.audienceCount(asked.target), title: asked.title ?? null, content: asked.content });
    },
  );
  app.post(
    '/api/admin/system/notice/:messageId/recall',
    {
      config: { access: 'admin' as const },
      schema: {
        summary: 'Takes a notice back: who has not got it never will, and it counts as unread for nobody.',
        tags,
        params: messageParams,
        response: answer(Type.Object({ messageId: Type.String(), status: Type.String() })),
      },
    },
    async (request) => {
      const { userId } = need(request.principal, 'admin');
      const { messageId } = request.params as Static<typeof messageParams>; // checked by the schema
      return ok({ messageId, status: await hub.recall(messageId, userId) });
    },
  );
}

function keyOf(request: FastifyRequest): string | undefined {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key !== 'string' || key.length === 0 || key.length > KEY_LIMIT_CHARS) {
    throw new ImError('BAD_REQUEST', { reason: `Idempotency-Key has 1 to ${KEY_LIMIT_CHARS} characters` });
  }
  return key;
}

function toRequest(body: SendBody, key: string | undefined, hub: NoticeHub): SendRequest {
  const words = wordsOf(body, hub);
  return {
    ...words,
    key,
    messageId: body.messageId ?? body.message_id,
    type: body.type ?? DEFAULT_NOTICE_TYPE,
    data: body.data,
    priority: priorityOf(body.priority),
    target: targetOf(body),
    needConfirm: body.needConfirm ?? body.need_confirm ?? body.confirmPlan !== undefined,
    confirmPlan: body.confirmPlan,
    expiresAt: momentOf(body.expiresAt ?? body.expires_at, 'expiresAt', true),
    sendAt: momentOf(body.sendAt ?? body.send_at, 'sendAt'),
    supersedes: body.supersedes,
  };
}

function wordsOf(body: SendBody, hub: NoticeHub): Pick<SendRequest, 'title' | 'content' | 'words'> {
  if (body.template !== undefined) {
    const template = hub.book.templates.get(body.template);
    if (!template) throw new ImError('BAD_REQUEST', { reason: `there is no template ${body.template}` });
    return fillTemplate(template, body.variables ?? {});
  }
  if (body.content === undefined) throw new ImError('BAD_REQUEST', { reason: 'content is missing' });
  return { title: body.title, content: body.content, words: body.words };
}

function priorityOf(priority: SendBody['priority']): NoticePriority {
  if (typeof priority === 'number') return NOTICE_PRIORITIES[priority] ?? 'normal';
  return priority ?? 'normal';
}

function targetOf(body: SendBody): NoticeTarget {
  const { target, user_ids: userIds, exclude_ids: excludeIds } = body;
  const excluded = excludeIds && { excludeUserIds: excludeIds };
  if (typeof target === 'object') return { ...target, ...excluded };
  if (target === 'users' || (target === undefined && userIds)) {
    if (!userIds) throw new ImError('BAD_REQUEST', { reason: 'user_ids is missing' });
    return { kind: 'users', userIds, ...excluded };
  }
  if (target === undefined) throw new ImError('BAD_REQUEST', { reason: 'target is missing' });
  // The body before this one narrowed a target by naming users.
  if (userIds && userIds.length > 0) return { kind: 'users', userIds, ...excluded };
  return { kind: target === 'all' ? 'all' : 'admins', ...excluded };
}
