import type { Client } from '@hiscrm/client/client.ts';
import { useEffect, useState } from 'react';
import { ClientProvider } from '../hooks/client-context.tsx';
import { useAppearance } from '../hooks/use-appearance.ts';
import { useText } from '../i18n/use-text.ts';
import { openClient } from '../link/open-client.ts';
import { followAddress } from '../store/navigation.ts';
import { useSession } from '../store/session.ts';
import { useToasts } from '../store/toasts.ts';
import { Empty } from '../ui/empty.tsx';
import { AlertIcon } from '../ui/icons.tsx';
import { ToastStack } from '../ui/toast-stack.tsx';
import { InboxScreen } from './inbox/inbox-screen.tsx';
import { LoginScreen } from './login/login-screen.tsx';
import { MustChangePassword } from './login/must-change-password.tsx';

/** Asked again after this long while the server does not answer. */
const AWAY_RETRY_MS = 3_000;

/** Door first, then the room. */
export function App() {
  useAppearance();
  const { t } = useText();
  const { toasts, dismiss } = useToasts();
  useEffect(followAddress, []);
  return (
    <>
      <Door />
      <ToastStack toasts={toasts} dismiss={dismiss} dismissLabel={t('common.close')} />
    </>
  );
}

function Door() {
  const { t } = useText();
  const { session, check } = useSession();
  useEffect(() => {
    if (session.kind !== 'away') return;
    const timer = setInterval(() => void check(), AWAY_RETRY_MS);
    return () => clearInterval(timer);
  }, [session.kind, check]);
  switch (session.kind) {
    case 'checking':
      return null;
    case 'away':
      return <Empty icon={<AlertIcon />} title={t('login.unreachable')} text={t('connection.retrying')} />;
    case 'anonymous':
      return <LoginScreen />;
    case 'user':
      return session.user.mustChangePassword ? <MustChangePassword /> : <Room key={session.user.id} />;
    default:
      return session satisfies never;
  }
}

/** One client for as long as somebody is logged in. */
function Room() {
  const [client, setClient] = useState<Client>();
  const { check } = useSession();
  useEffect(() => {
    const opened = openClient();
    const stopWatching = opened.subscribe('connection', () => {
      const { kind } = opened.connection();
      // A refused upgrade looks like a lost connection to a browser: ask whether the session is still good.
      if (kind === 'refused' || kind === 'waiting') void check();
    });
    const wake = (): void => {
      if (document.visibilityState === 'visible') opened.start();
    };
    document.addEventListener('visibilitychange', wake);
    window.addEventListener('online', wake);
    opened.start();
    setClient(opened);
    if (import.meta.env.DEV) Object.assign(window, { __hiscrm: opened });
    return () => {
      document.removeEventListener('visibilitychange', wake);
      window.removeEventListener('online', wake);
      stopWatching();
      opened.close();
    };
  }, [check]);
  if (!client) return null;
  return (
    <ClientProvider client={client}>
      <InboxScreen />
    </ClientProvider>
  );
}
