import { h } from './boot.ts';
import { get, post } from './call.ts';
import { el, root } from './dom.ts';

const POLL_MS = 500;
const TEXT: Record<string, string> = {
  new: '请使用抖音APP扫码登录',
  scanned: '扫码成功，需在手机上进行确认',
  second_factor: '为了账号安全，请完成身份验证',
  cancelled: '已取消登录',
};

const image = el('img', { alt: '二维码', width: '231', height: '231' });
const status = el('p', { class: h('qr-status') }, TEXT.new);
const overlay = el(
  'div',
  { class: h('qr-overlay'), hidden: true },
  '二维码失效',
  el('button', { type: 'button' }, '点击刷新'),
);
const qr = el('div', { id: 'animate_qrcode_container', class: h('qr-box') }, image, overlay);
const code = el('input', { placeholder: '请输入验证码', maxlength: '6' });
const phone = el('input', { placeholder: '请输入手机号' });
const submit = el('button', { type: 'button', class: 'douyin-creator-interactive-button' }, '验证');
const sms = el('div', { class: h('sms-box'), hidden: true }, phone, code, submit);
const tabs = ['扫码登录', '验证码登录', '密码登录'].map((label) =>
  el('button', { type: 'button', role: 'tab' }, label),
);
const panel = el(
  'section',
  { id: 'login-panel-new', class: h('login-panel') },
  el('h1', {}, '创作者中心 · 模拟站点'),
  el('div', { class: h('login-tabs'), role: 'tablist' }, ...tabs),
  qr,
  sms,
  status,
);

let token = '';

async function refresh(): Promise<void> {
  const result = await get('/passport/web/get_qrcode/');
  if (!result.ok) return;
  token = result.body.data.token;
  image.setAttribute('src', result.body.data.qrcode);
  overlay.hidden = true;
  status.textContent = TEXT.new ?? '';
}

async function poll(): Promise<void> {
  setTimeout(() => void poll(), POLL_MS);
  const asked = token;
  const result = asked === '' ? undefined : await get('/passport/web/check_qrconnect/', { token: asked });
  if (!result?.ok || asked !== token) return;
  const state: string = result.body.data.status;
  if (state === 'confirmed') {
    location.href = result.body.data.redirect_url;
    return;
  }
  overlay.hidden = state !== 'expired';
  sms.hidden = state !== 'second_factor' && showing !== 1;
  status.textContent = state === 'expired' ? '二维码失效' : (TEXT[state] ?? '');
}

let showing = 0;
for (const [index, tab] of tabs.entries()) {
  tab.addEventListener('click', () => {
    showing = index;
    qr.hidden = index !== 0;
    sms.hidden = index !== 1;
  });
}
overlay.addEventListener('click', () => void refresh());
submit.addEventListener('click', async () => {
  const value = code instanceof HTMLInputElement ? code.value : '';
  const result = await post('/passport/web/sms_code/', { token, code: value });
  if (result.ok && result.body.message !== 'success') status.textContent = result.body.data.description;
});
root().append(panel);
void refresh();
void poll();
