import { hashedClass } from '../hashed-class.ts';
import type { PageBoot } from '../page-boot.ts';

function readBoot(): PageBoot {
  const text = document.getElementById('__boot')?.textContent;
  if (!text) throw new Error('page without boot data');
  return JSON.parse(text);
}

/** What the server put into this page. */
export const boot: PageBoot = readBoot();

/** Class name with this build's suffix. */
export function h(name: string): string {
  return hashedClass(name, boot.buildId);
}
