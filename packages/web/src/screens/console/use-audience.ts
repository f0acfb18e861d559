import type { NoticeTarget } from '@hiscrm/shared/model/notice.ts';
import { useEffect, useState } from 'react';
import { noticeApi } from '../../link/notice-api.ts';

/** Somebody who clicks through choices asks once, when they stop. */
const CALM_MS = 300;

export type Audience =
  | { readonly kind: 'none' | 'asking' | 'failed' }
  | { readonly kind: 'known'; readonly recipients: number; readonly online: number };

/** How many users a target means now. */
export function useAudience(target: NoticeTarget | undefined): Audience {
  const [audience, setAudience] = useState<Audience>({ kind: 'none' });
  const text = target && JSON.stringify(target);
  useEffect(() => {
    if (text === undefined) {
      setAudience({ kind: 'none' });
      return;
    }
    let isOver = false;
    setAudience({ kind: 'asking' });
    const timer = setTimeout(async () => {
      const outcome = await noticeApi.audience(JSON.parse(text)); // written above
      if (!isOver) setAudience(outcome.kind === 'done' ? { kind: 'known', ...outcome.value } : { kind: 'failed' });
    }, CALM_MS);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [text]);
  return audience;
}
