import { useEffect } from 'react';
import { useClient } from './client-context.tsx';

/** Tells the server what this page has drawn, while it is visible: a browser draws no frames of a page that is not. */
export function useShownReport(): void {
  const client = useClient();
  useEffect(() => {
    let frame: number | undefined;
    const plan = (): void => {
      if (document.visibilityState !== 'visible') return;
      frame ??= requestAnimationFrame(() => {
        const position = client.replica.position; // drawn by this frame, on the screen at the next
        frame = requestAnimationFrame(() => {
          frame = undefined;
          if (position) client.drawn(position.seq);
          if (client.replica.position?.seq !== position?.seq) plan(); // more came while this was on its way to the screen
        });
      });
    };
    const stopWatching = client.subscribe('accounts', plan);
    document.addEventListener('visibilitychange', plan);
    plan();
    return () => {
      stopWatching();
      document.removeEventListener('visibilitychange', plan);
      if (frame !== undefined) cancelAnimationFrame(frame);
    };
  }, [client]);
}
