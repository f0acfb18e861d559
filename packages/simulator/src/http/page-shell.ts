import { hashedClass } from '../pages/hashed-class.ts';
import type { PageBoot } from '../pages/page-boot.ts';

export type Shell = { title: string; script: string; boot: PageBoot; layout: 'creator' | 'bare' | 'www'; path: string };

const MENU: readonly [path: string, label: string][] = [
  ['/creator-micro/home', '首页'],
  ['/creator-micro/content/manage', '作品管理'],
  ['/creator-micro/interactive/comment', '评论管理'],
  ['/creator-micro/data/following/chat', '私信管理'],
];

export function escapeHtml(text: string): string {
  return text.replace(/[<>&"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

function creatorFrame(shell: Shell): string {
  const { boot, path } = shell;
  const menu = MENU.map(
    ([to, label]) => `<a href="${to}"${path === to ? ' aria-current="page"' : ''}>${label}</a>`,
  ).join('');
  const account = boot.account;
  const avatar = account ? `<img id="header-avatar" alt="" src="${escapeHtml(account.avatar)}">` : '';
  return (
    `<header class="${hashedClass('site-header', boot.buildId)}"><b>创作者中心</b><span class="${hashedClass('sim-badge', boot.buildId)}">模拟站点</span>` +
    `<span class="${hashedClass('spacer', boot.buildId)}"></span>${avatar}<span>${escapeHtml(account?.nickname ?? '')}</span></header>` +
    `<div class="${hashedClass('site-body', boot.buildId)}"><nav class="${hashedClass('site-menu', boot.buildId)}">${menu}</nav><main id="sub-app"></main></div>`
  );
}

/** The page's HTML: a frame, the boot data, and the script that builds the rest. */
export function pageHtml(shell: Shell): string {
  const boot = JSON.stringify(shell.boot).replace(/</g, '\\u003c');
  const frame = shell.layout === 'creator' ? creatorFrame(shell) : '<main id="sub-app"></main>';
  return (
    `<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>${shell.title}</title><link rel="icon" href="data:,">` +
    `<link rel="stylesheet" href="/__static/site.css"></head><body data-layout="${shell.layout}">${frame}` +
    `<script type="application/json" id="__boot">${boot}</script><script type="module" src="/__static/client/${shell.script}"></script></body></html>`
  );
}
