import { boot, h } from './boot.ts';
import { get } from './call.ts';
import { el, root } from './dom.ts';
import { connectPush } from './push.ts';

function figure(label: string, value: unknown): HTMLElement {
  return el('div', { class: h('home-figure') }, el('b', {}, String(value ?? 0)), el('span', {}, label));
}

async function show(): Promise<void> {
  const result = await get('/web/api/media/user/info/');
  const user = result.ok ? result.body.user : undefined;
  if (!user) {
    root().append(el('div', { class: 'login-mask' }, '登录状态已失效，请重新登录'));
    return;
  }
  const about = el(
    'div',
    {},
    el('h2', {}, user.nickname),
    el('p', {}, `抖音号：${user.unique_id || user.short_id}`),
    el('p', {}, user.signature),
  );
  const avatar = el('img', { src: boot.account?.avatar ?? '', alt: '', width: '96', height: '96' });
  const figures = el(
    'div',
    { class: h('home-figures') },
    figure('粉丝', user.follower_count),
    figure('作品', user.aweme_count),
    figure('获赞', user.total_favorited),
  );
  root().append(el('section', { class: h('home-card') }, avatar, about, figures));
}

void show();
connectPush(
  () => undefined,
  () => undefined,
);
