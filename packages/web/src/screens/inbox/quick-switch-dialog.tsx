import type { TopicView } from '@hiscrm/shared/protocol/queries.ts';
import { Modal } from 'antd';
import { type KeyboardEvent, useMemo, useState } from 'react';
import { useClient } from '../../hooks/client-context.tsx';
import { useAccounts } from '../../hooks/use-replica.ts';
import { useText } from '../../i18n/use-text.ts';
import { useNavigation } from '../../store/navigation.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { Badge } from '../../ui/badge.tsx';
import { chooseAccounts, unreadOf } from './choose-accounts.ts';
import { useDialogs } from './dialogs-store.ts';
import { accountName, topicName } from './names.ts';

/** More than fits is found by typing more. */
const SHOWN_LIMIT_COUNT = 12;

type Target = {
  readonly key: string;
  readonly name: string;
  readonly sub: string;
  readonly unreadCount: number;
  readonly go: () => void;
};

/** Goes to an account, or to a loaded topic of the open one, by a few letters. */
export function QuickSwitchDialog() {
  const { t } = useText();
  const { close } = useDialogs();
  const [search, setSearch] = useState('');
  const [index, setIndex] = useState(0);
  const targets = useTargets(search);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') setIndex(Math.min(targets.length - 1, index + 1));
    else if (event.key === 'ArrowUp') setIndex(Math.max(0, index - 1));
    else if (event.key === 'Enter' && !event.nativeEvent.isComposing) targets[index]?.go();
    else return;
    event.preventDefault();
  };
  return (
    <Modal open title={t('switch.title')} footer={null} onCancel={close} width={520}>
      <input
        className="field"
        value={search}
        // biome-ignore lint/a11y/noAutofocus: opened by a key press to type into
        autoFocus
        placeholder={t('switch.placeholder')}
        aria-label={t('switch.placeholder')}
        aria-controls="switch-list"
        onKeyDown={onKeyDown}
        onChange={(event) => {
          setSearch(event.target.value);
          setIndex(0);
        }}
      />
      <div id="switch-list" role="listbox" aria-label={t('switch.title')} style={{ margin: '10px -10px 0' }}>
        {targets.map((target, at) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field moves the selection by keys
          <div
            key={target.key}
            className="row"
            role="option"
            tabIndex={-1}
            aria-selected={at === index}
            onClick={target.go}
          >
            <Avatar id={target.key} name={target.name} sizePx={30} />
            <span className="row-title truncate">{target.name}</span>
            <span className="row-sub">{target.sub}</span>
            <Badge count={target.unreadCount} />
          </div>
        ))}
        {targets.length === 0 && (
          <p className="row-sub" style={{ padding: 12 }}>
            {t('common.noMatch')}
          </p>
        )}
      </div>
    </Modal>
  );
}

function useTargets(search: string): readonly Target[] {
  const { t, locale } = useText();
  const client = useClient();
  const accounts = useAccounts();
  const { route, go } = useNavigation();
  const { close } = useDialogs();
  return useMemo(() => {
    const wanted = search.trim().toLowerCase();
    const found: Target[] = chooseAccounts(accounts, { search, order: 'unread', locale }).map((account) => ({
      key: account.record.id,
      name: accountName(account.record),
      sub: t('switch.account'),
      unreadCount: unreadOf(account),
      go: () => {
        close();
        go({ screen: 'inbox', accountId: account.record.id, tab: 'comments' });
      },
    }));
    const accountId = route.screen === 'inbox' ? route.accountId : undefined;
    if (accountId && wanted !== '') {
      const topics = (['content', 'conversation'] as const).flatMap(
        (kind) => client.replica.list(accountId, kind).topics,
      );
      for (const topic of topics) {
        const name = topicName(topic.record, t);
        if (!name.toLowerCase().includes(wanted)) continue;
        found.push(
          topicTarget(topic, name, t(topic.record.kind === 'content' ? 'tab.comments' : 'tab.messages'), () => {
            close();
            const tab = topic.record.kind === 'content' ? 'comments' : 'messages';
            go({ screen: 'inbox', accountId, tab, topicId: topic.record.id });
          }),
        );
      }
    }
    return found.slice(0, SHOWN_LIMIT_COUNT);
  }, [accounts, search, locale, client, route, go, close, t]);
}

const topicTarget = ({ record, summary }: TopicView, name: string, sub: string, go: () => void): Target => ({
  key: `${record.kind}:${record.id}`,
  name,
  sub,
  unreadCount: summary.unreadCount,
  go,
});
