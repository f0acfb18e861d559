import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import { Input, Modal, Select } from 'antd';
import { useState } from 'react';
import { useAccount, useWorkers } from '../../hooks/use-replica.ts';
import { useRun } from '../../hooks/use-run.ts';
import { useText } from '../../i18n/use-text.ts';
import { useNavigation } from '../../store/navigation.ts';
import { useDialogs } from './dialogs-store.ts';

/** As long as the protocol accepts. */
const NAME_LIMIT_CHARS = 50;
/** Offered when no Worker is there to say what it can drive. */
const FALLBACK_PLATFORM = 'douyin';

export function AddAccountDialog() {
  const { t } = useText();
  const run = useRun();
  const { close } = useDialogs();
  const { openAccount } = useNavigation();
  const platforms = [...new Set(useWorkers().flatMap((worker) => worker.platforms))];
  const offered = platforms.length > 0 ? platforms : [FALLBACK_PLATFORM];
  const [platform, setPlatform] = useState(offered[0] ?? FALLBACK_PLATFORM);
  const [name, setName] = useState('');
  const submit = async (): Promise<void> => {
    const outcome = await run('addAccount', { platform, name: name.trim() }, t('account.added'));
    if (outcome.kind !== 'done') return;
    close();
    openAccount(outcome.value.accountId);
  };
  return (
    <Modal
      open
      title={t('accounts.add')}
      okText={t('common.add')}
      okButtonProps={{ disabled: name.trim() === '' }}
      onOk={() => void submit()}
      onCancel={close}
    >
      <div className="login-form">
        <label htmlFor="add-platform">
          {t('account.platform')}
          <Select
            id="add-platform"
            value={platform}
            onChange={setPlatform}
            options={offered.map((value) => ({ value, label: value }))}
          />
        </label>
        <label htmlFor="add-name">
          {t('account.name')}
          <Input
            id="add-name"
            value={name}
            maxLength={NAME_LIMIT_CHARS}
            showCount
            autoFocus
            placeholder={t('account.namePlaceholder')}
            onChange={(event) => setName(event.target.value)}
            onPressEnter={() => name.trim() !== '' && void submit()}
          />
        </label>
        <p className="login-hint">{t('account.addHint')}</p>
      </div>
    </Modal>
  );
}

export function RenameAccountDialog({ accountId }: { readonly accountId: AccountId }) {
  const { t } = useText();
  const run = useRun();
  const { close } = useDialogs();
  const account = useAccount(accountId);
  const [name, setName] = useState(account?.record.name ?? '');
  const submit = async (): Promise<void> => {
    const outcome = await run('changeAccount', { accountId, name: name.trim() });
    if (outcome.kind === 'done') close();
  };
  return (
    <Modal
      open
      title={t('account.rename')}
      okButtonProps={{ disabled: name.trim() === '' }}
      onOk={() => void submit()}
      onCancel={close}
    >
      <Input
        value={name}
        maxLength={NAME_LIMIT_CHARS}
        showCount
        autoFocus
        aria-label={t('account.name')}
        onChange={(event) => setName(event.target.value)}
        onPressEnter={() => void submit()}
      />
    </Modal>
  );
}

/** Removing takes all history with it, so the name has to be typed. */
export function RemoveAccountDialog({ accountId }: { readonly accountId: AccountId }) {
  const { t } = useText();
  const run = useRun();
  const { close } = useDialogs();
  const { go } = useNavigation();
  const account = useAccount(accountId);
  const [typed, setTyped] = useState('');
  const name = account?.record.name ?? '';
  const submit = async (): Promise<void> => {
    const outcome = await run('removeAccount', { accountId }, t('account.removed', { name }));
    if (outcome.kind !== 'done') return;
    close();
    go({ screen: 'inbox', tab: 'comments' });
  };
  return (
    <Modal
      open
      title={t('account.removeTitle', { name })}
      okText={t('account.remove')}
      okButtonProps={{ danger: true, disabled: typed.trim() !== name }}
      onOk={() => void submit()}
      onCancel={close}
    >
      <div className="login-form">
        <p>{t('account.removeText')}</p>
        <label htmlFor="remove-name">
          {t('account.removeType', { name })}
          <Input id="remove-name" value={typed} onChange={(event) => setTyped(event.target.value)} />
        </label>
      </div>
    </Modal>
  );
}
