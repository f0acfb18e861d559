import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import type { AccountRecord } from '@hiscrm/shared/model/records.ts';
import type { Principal } from '@hiscrm/shared/model/visibility.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type, { type Static, type TSchema } from 'typebox';
import type { App } from '../app.ts';
import type { HttpDeps } from '../http-deps.ts';
import { isKnown, type KeptAnswer, READ_HEADERS, type ReadCache } from '../read-cache.ts';
import { need } from '../who-asks.ts';
import {
  statsOf,
  toConversation,
  toDiscussion,
  toMessage,
  toReplyMessage,
  toUnified,
  toUser,
  toWork,
} from './im-objects.ts';
import { ImReads } from './im-reads.ts';
import {
  conversationSchema,
  discussionSchema,
  idParamsSchema,
  imErrorSchema,
  listOfSchema,
  messageSchema,
  oneOfSchema,
  QUERY,
  unifiedSchema,
  unifiedStatsSchema,
  userSchema,
  workSchema,
  workStatsSchema,
} from './im-schemas.ts';
import type { OffsetPage } from './offset-pager.ts';

type QueryName = keyof typeof QUERY;
type Asked<N extends QueryName> = {
  readonly principal: Principal;
  readonly query: Static<(typeof QUERY)[N]>;
  /** The `:id` of the address; empty when it has none. */
  readonly id: string;
};
type ListRoute<N extends QueryName> = {
  readonly path: string;
  readonly summary: string;
  readonly query: N;
  readonly key: string;
  readonly row: TSchema;
  readonly read: (asked: Asked<N>, account: () => AccountRecord) => OffsetPage<object> | Promise<OffsetPage<object>>;
};

/** The historic inbox API, reading. Lists are kept encoded until their account changes (`ReadCache`). */
export function addImRoutes(app: App, deps: HttpDeps, cache: ReadCache): void {
  const routes = new ImRoutes(app, deps, cache);
  routes.addLists();
  routes.addSingles();
  routes.addMisc();
}

class ImRoutes {
  readonly #app: App;
  readonly #deps: HttpDeps;
  readonly #cache: ReadCache;
  readonly #reads: ImReads;

  constructor(app: App, deps: HttpDeps, cache: ReadCache) {
    this.#app = app;
    this.#deps = deps;
    this.#cache = cache;
    this.#reads = new ImReads(deps.store);
  }

  addLists(): void {
    const reads = this.#reads;
    this.#list({
      path: '/api/im/accounts',
      summary: 'The accounts that you may see.',
      query: 'accounts',
      key: 'accounts',
      row: userSchema,
      read: ({ principal, query }) => reads.accounts(principal, query),
    });
    this.#list({
      path: '/api/im/conversations',
      summary: 'Conversations of an account, newest activity first.',
      query: 'conversations',
      key: 'conversations',
      row: conversationSchema,
      read: ({ query }, account) => reads.conversations(account(), query),
    });
    this.#list({
      path: '/api/im/messages',
      summary: 'Direct messages of an account or of one conversation, newest first.',
      query: 'messages',
      key: 'messages',
      row: messageSchema,
      read: ({ query }, account) => reads.messages(account(), query),
    });
    for (const path of ['/api/im/conversations/:id/messages', '/api/im/messages/conversations/:id/messages']) {
      this.#list({
        path,
        summary: 'Direct messages of one conversation, newest first.',
        query: 'conversationMessages',
        key: 'messages',
        row: messageSchema,
        read: ({ query, id }, account) => reads.conversationMessages(account(), id, query),
      });
    }
    this.#list({
      path: '/api/im/contents',
      summary: 'Works of an account, newest activity first.',
      query: 'contents',
      key: 'contents',
      row: workSchema,
      read: ({ query }, account) => reads.contents(account(), query),
    });
    this.#addItemLists();
  }

  #addItemLists(): void {
    const reads = this.#reads;
    this.#list({
      path: '/api/im/discussions',
      summary: 'Answers to comments, newest first.',
      query: 'discussions',
      key: 'discussions',
      row: discussionSchema,
      read: ({ query }, account) => reads.discussions(account(), query),
    });
    for (const path of ['/api/im/comments/:id/discussions', '/api/im/discussions/comments/:id/discussions']) {
      this.#list({
        path,
        summary: 'Answers to one comment, newest first.',
        query: 'commentDiscussions',
        key: 'discussions',
        row: discussionSchema,
        read: ({ query, id }, account) => reads.discussions(account(), { ...query, parent_comment_id: id }),
      });
    }
    this.#list({
      path: '/api/im/unified-messages',
      summary: 'Comments, discussions and direct messages of an account together, newest first.',
      query: 'unified',
      key: 'messages',
      row: unifiedSchema,
      read: ({ query }, account) => reads.unified(account(), query),
    });
  }

  addSingles(): void {
    const reads = this.#reads;
    this.#one('/api/im/accounts/:id', 'One account, by our id or the platform’s user id.', userSchema, (asked) =>
      toUser(reads.accountByAnyId(asked.principal, asked.id)),
    );
    this.#one('/api/im/conversations/:id', 'One conversation.', conversationSchema, (asked) => {
      const { account, view } = reads.anyTopic(asked.principal, 'conversation', asked.id, asked.query.account_id);
      return view.record.kind === 'conversation' ? toConversation(account, view.record, view.summary) : {};
    });
    this.#one('/api/im/messages/:id', 'One direct message, or a reply by its id.', messageSchema, (asked) => {
      const sent = reads.reply(asked.principal, asked.id);
      if (sent) return toReplyMessage(sent.account, sent.record, sent.reply);
      return toMessage(reads.anyItem(asked.principal, 'message', asked.id, asked.query.account_id));
    });
    this.#one('/api/im/contents/:id', 'One work.', workSchema, (asked) => {
      const { account, view } = reads.anyTopic(asked.principal, 'content', asked.id, asked.query.account_id);
      return view.record.kind === 'content' ? toWork(account, view.record, view.summary) : {};
    });
    this.#one('/api/im/contents/:id/stats', 'The counts of one work.', workStatsSchema, (asked) => {
      const { view } = reads.anyTopic(asked.principal, 'content', asked.id, asked.query.account_id);
      return view.record.kind === 'content' ? statsOf(view.record, view.summary) : {};
    });
    this.#one('/api/im/discussions/:id', 'One answer to a comment.', discussionSchema, (asked) =>
      toDiscussion(reads.anyItem(asked.principal, 'comment', asked.id, asked.query.account_id)),
    );
    this.#one('/api/im/comments/:id', 'One comment, as a unified message.', unifiedSchema, (asked) =>
      toUnified(reads.anyItem(asked.principal, 'comment', asked.id, asked.query.account_id)),
    );
  }

  addMisc(): void {
    const { store, version } = this.#deps;
    this.#app.get(
      '/api/im/unified-messages/stats',
      this.#options('', 'Items and unread items of an account.', QUERY.unifiedStats, oneOfSchema(unifiedStatsSchema)),
      (request, reply) => {
        const asked = askedOf<'unifiedStats'>(request);
        const account = this.#reads.account(asked.principal, asked.query.account_id);
        return this.#send(request, reply, account.id, { data: this.#reads.unifiedStats(account), status_code: 0 });
      },
    );
    const open = { config: { access: 'open' as const } };
    const text = Type.String();
    this.#app.get(
      '/api/im/health',
      {
        ...open,
        schema: { summary: 'Whether the API answers.', response: { 200: oneOfSchema(Type.Object({ status: text })) } },
      },
      () => ({ data: { status: 'ok', timestamp: this.#deps.clock.now() }, status_code: 0 }),
    );
    this.#app.get(
      '/api/im/version',
      {
        ...open,
        schema: { summary: 'The program’s version.', response: { 200: oneOfSchema(Type.Object({ version: text })) } },
      },
      () => ({ data: { version, epoch: store.epoch }, status_code: 0 }),
    );
  }

  #list<N extends QueryName>(route: ListRoute<N>): void {
    const options = this.#options(route.path, route.summary, QUERY[route.query], listOfSchema(route.key, route.row));
    this.#app.get(route.path, options, async (request, reply) => {
      const asked = askedOf<N>(request);
      const accountId = accountIdOf(asked.query);
      const account = (): AccountRecord => this.#reads.account(asked.principal, accountId ?? ('' as AccountId)); // unknown finds none
      const version = this.#cache.versionOf(accountId);
      const { rows, cursor, hasMore } = await route.read(asked, account);
      const value = {
        data: { [route.key]: rows, cursor, has_more: hasMore },
        status_code: 0,
        cursor,
        has_more: hasMore,
      };
      return this.#send(request, reply, accountId, value, version);
    });
  }

  #one(path: string, summary: string, schema: TSchema, read: (asked: Asked<'one'>) => object): void {
    this.#app.get(path, this.#options(path, summary, QUERY.one, oneOfSchema(schema)), (request, reply) => {
      const asked = askedOf<'one'>(request);
      return this.#send(request, reply, asked.query.account_id, { data: read(asked), status_code: 0 });
    });
  }

  #options(path: string, summary: string, query: TSchema, answer: TSchema) {
    return {
      config: { access: 'viewer' as const },
      schema: {
        summary,
        querystring: query,
        ...(path.includes(':id') && { params: idParamsSchema }),
        response: { 200: answer, 304: Type.Null({ description: 'Not changed.' }), default: imErrorSchema },
      },
    };
  }

  #send(
    request: FastifyRequest,
    reply: FastifyReply,
    accountId: AccountId | undefined,
    value: object,
    version = this.#cache.versionOf(accountId),
  ): FastifyReply {
    const principal = need(request.principal, 'viewer');
    const answer = this.#cache.keep({ principal, url: request.raw.url ?? '', accountId, version, value });
    return sendKept(request, reply, answer);
  }
}

function sendKept(request: FastifyRequest, reply: FastifyReply, answer: KeptAnswer): FastifyReply {
  reply.headers({ ...READ_HEADERS, etag: answer.etag });
  if (isKnown(request.headers['if-none-match'], answer.etag)) return reply.code(304).send();
  return reply.send(answer.body);
}

function askedOf<N extends QueryName>(request: FastifyRequest): Asked<N> {
  const { id } = request.params as Partial<Static<typeof idParamsSchema>>; // text of the address
  return {
    principal: need(request.principal, 'viewer'),
    query: request.query as Static<(typeof QUERY)[N]>, // checked by the route's schema
    id: id ?? '',
  };
}

function accountIdOf(query: object): AccountId | undefined {
  return 'account_id' in query ? (query.account_id as AccountId) : undefined; // checked by the route's schema
}
