import type { AccountView } from '@hiscrm/shared/protocol/client-link.ts';
import { useText } from '../../i18n/use-text.ts';
import { useNavigation } from '../../store/navigation.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { BackIcon } from '../../ui/icons.tsx';
import { accountName } from './names.ts';

/** Whose topics these are and the way back, where the accounts are not beside them. */
export function AccountHead({ account }: { readonly account: AccountView }) {
  const { t } = useText();
  const { closeAccount } = useNavigation();
  const { record } = account;
  const name = accountName(record);
  return (
    <div className="account-head">
      <button
        type="button"
        className="btn btn-quiet btn-icon"
        aria-label={t('accounts.back')}
        title={t('accounts.back')}
        onClick={closeAccount}
      >
        <BackIcon />
      </button>
      <Avatar id={record.id} name={record.profile?.nickname ?? name} url={record.profile?.avatarUrl} sizePx={28} />
      <h2 className="topic-title truncate">{name}</h2>
    </div>
  );
}
