import type { FastifyInstance } from 'fastify';
import { qrSvg } from '../lib/pictures.ts';
import { queryOf, redirectToSlash } from './api-route.ts';
import { SMS_CODE } from './login-attempts.ts';
import { setCookieLines } from './sessions.ts';
import type { Site } from './site.ts';

/** The login page's own calls: a QR code, how far it has come, the second factor, and logging out. */
export function registerLogin(app: FastifyInstance, site: Site): void {
  for (const path of ['/passport/web/get_qrcode/', '/passport/web/check_qrconnect/']) redirectToSlash(app, 'GET', path);

  app.get('/passport/web/get_qrcode/', () => {
    const attempt = site.logins.open();
    const qrcode = `data:image/svg+xml;base64,${Buffer.from(qrSvg(attempt.token)).toString('base64')}`;
    return { message: 'success', data: { token: attempt.token, qrcode } };
  });

  app.get('/passport/web/check_qrconnect/', (request, reply) => {
    const attempt = site.logins.find(queryOf(request).get('token') ?? '');
    const account = attempt?.accountUid === undefined ? undefined : site.world.account(attempt.accountUid);
    if (attempt?.state !== 'confirmed' || !account)
      return { message: 'success', data: { status: attempt?.state ?? 'expired' } };
    const session = site.sessions.open(account.uid, site.clock.nowMs());
    attempt.state = 'expired';
    site.log.add({ kind: 'login', account: account.key, result: 'accepted' });
    reply.header('set-cookie', setCookieLines(site.sessions.cookies(session, site.clock.realNowMs())));
    return { message: 'success', data: { status: 'confirmed', redirect_url: '/creator-micro/home' } };
  });

  app.post<{ Body: { token?: unknown; code?: unknown } }>('/passport/web/sms_code/', (request) => {
    const attempt = site.logins.find(String(request.body?.token ?? ''));
    const isRight = attempt?.state === 'second_factor' && request.body?.code === SMS_CODE;
    if (isRight) attempt.state = 'confirmed';
    site.log.add({ kind: 'sms_code', result: isRight ? 'accepted' : 'refused' });
    return { message: isRight ? 'success' : 'error', data: { description: isRight ? '' : '验证码错误' } };
  });

  app.post('/passport/web/logout/', (request, reply) => {
    const session = site.sessions.find(request.headers.cookie);
    const account = site.accountOf(session);
    if (session) site.sessions.close(session.id);
    site.log.add({ kind: 'logout', account: account?.key, result: 'accepted' });
    return reply.header('set-cookie', 'sessionid=; Path=/; Max-Age=0').send({ message: 'success' });
  });
}
