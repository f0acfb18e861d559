import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { PageBoot } from '../pages/page-boot.ts';
import { CAPTCHA_HTML } from '../serialise/envelope.ts';
import type { AccountWorld } from '../world/account-world.ts';
import { queryOf } from './api-route.ts';
import { pageHtml, type Shell } from './page-shell.ts';
import { faultSite, type Site } from './site.ts';

type Page = { title: string; script: string };

const CREATOR_PAGES: { readonly [path: string]: Page } = {
  '/creator-micro/home': { title: '首页 - 创作者中心', script: 'creator-home.ts' },
  '/creator-micro/content/manage': { title: '作品管理 - 创作者中心', script: 'manage-page.ts' },
  '/creator-micro/interactive/comment': { title: '评论管理 - 创作者中心', script: 'comment-page.ts' },
  '/creator-micro/data/following/chat': { title: '私信管理 - 创作者中心', script: 'chat-page.ts' },
};
/** This page does not send away a visitor without a session: it shows its tabs and no rows. */
const CHAT_PATH = '/creator-micro/data/following/chat';

export type PageContext = { site: Site; buildId: string; creatorBase: () => string; closing: AbortSignal };

type Visit = { account: AccountWorld | undefined; isExpired: boolean };

/** Session and ordered faults of a navigation; a reply when a fault already answered it. */
async function visit(
  context: PageContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Visit | FastifyReply> {
  const { site } = context;
  const account = site.accountOf(site.sessions.find(request.headers.cookie));
  const path = new URL(request.url, 'http://host').pathname;
  const fault = site.faults.take(
    ['captcha', 'login_expired', 'http', 'slow'],
    faultSite('GET', path, queryOf(request), account),
  );
  site.log.add({ kind: 'request', account: account?.key, method: 'GET', path, fault: fault?.kind });
  switch (fault?.kind) {
    case 'captcha':
      return reply.type('text/html; charset=utf-8').send(CAPTCHA_HTML);
    case 'http':
      return reply
        .code(fault.args.status ?? 502)
        .type('text/html; charset=utf-8')
        .send('<html><body><h1>Bad Gateway</h1></body></html>');
    case 'slow':
      await delay(fault.args.delayMs ?? 3000, undefined, { signal: context.closing });
      break;
    default:
  }
  return { account, isExpired: fault?.kind === 'login_expired' || account === undefined };
}

function bootOf(context: PageContext, account: AccountWorld | undefined): PageBoot {
  const { site, buildId } = context;
  const brand = account?.brand;
  return {
    buildId,
    fiberKey: `__reactFiber$${buildId}`,
    propsKey: `__reactProps$${buildId}`,
    account: brand && {
      nickname: brand.nickname,
      uniqueId: brand.uniqueId,
      avatar: site.media.avatar(brand.avatarKey, brand.nickname),
    },
    variant: site.options.variant,
    creatorBase: context.creatorBase(),
  };
}

function send(reply: FastifyReply, shell: Shell): FastifyReply {
  return reply.type('text/html; charset=utf-8').send(pageHtml(shell));
}

/** The pages of creator.douyin.com. */
export function registerCreatorPages(app: FastifyInstance, context: PageContext): void {
  app.get('/', async (request, reply) => {
    const seen = await visit(context, request, reply);
    if (!('isExpired' in seen)) return seen;
    if (!seen.isExpired) return reply.redirect('/creator-micro/home', 302);
    return send(reply, {
      title: '创作者中心',
      script: 'login-page.ts',
      boot: bootOf(context, undefined),
      layout: 'bare',
      path: '/',
    });
  });
  for (const [path, page] of Object.entries(CREATOR_PAGES)) {
    app.get(path, async (request, reply) => {
      const seen = await visit(context, request, reply);
      if (!('isExpired' in seen)) return seen;
      if (seen.isExpired && path !== CHAT_PATH) return reply.redirect('/', 302);
      const account = seen.isExpired ? undefined : seen.account;
      return send(reply, { ...page, boot: bootOf(context, account), layout: 'creator', path });
    });
  }
  registerCaptcha(app);
}

/** The pages of www.douyin.com. */
export function registerWwwPages(app: FastifyInstance, context: PageContext): void {
  app.get('/', async (request, reply) => {
    const seen = await visit(context, request, reply);
    if (!('isExpired' in seen)) return seen;
    const account = seen.isExpired ? undefined : seen.account;
    return send(reply, {
      title: '抖音 - 模拟站点',
      script: 'www-home.ts',
      boot: bootOf(context, account),
      layout: 'www',
      path: '/',
    });
  });
  registerCaptcha(app);
}

function registerCaptcha(app: FastifyInstance): void {
  app.get('/captcha', (_request, reply) => reply.type('text/html; charset=utf-8').send(CAPTCHA_HTML));
}
