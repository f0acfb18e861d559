import { Modal } from 'antd';
import { useText } from '../../i18n/use-text.ts';
import { AntdFrame } from '../../ui/antd-frame.tsx';
import { ChangePasswordForm } from '../login/change-password-form.tsx';
import { PreferencesDialog } from '../notices/preferences-dialog.tsx';
import { AddAccountDialog, RemoveAccountDialog, RenameAccountDialog } from './account-dialogs.tsx';
import { type Dialog, useDialogs } from './dialogs-store.ts';
import { ExplainDialog } from './explain-dialog.tsx';
import { LoginDialog } from './login-dialog.tsx';
import { QuickSwitchDialog } from './quick-switch-dialog.tsx';
import { StaleDialog } from './stale-dialog.tsx';
import { WorkersDrawer } from './workers-drawer.tsx';

/** The dialog that is open. */
export function Dialogs({ dialog }: { readonly dialog: Dialog }) {
  return (
    <AntdFrame>
      <Shown dialog={dialog} />
    </AntdFrame>
  );
}

function Shown({ dialog }: { readonly dialog: Dialog }) {
  switch (dialog.kind) {
    case 'addAccount':
      return <AddAccountDialog />;
    case 'renameAccount':
      return <RenameAccountDialog accountId={dialog.accountId} />;
    case 'removeAccount':
      return <RemoveAccountDialog accountId={dialog.accountId} />;
    case 'login':
      return <LoginDialog accountId={dialog.accountId} />;
    case 'workers':
      return <WorkersDrawer />;
    case 'password':
      return <PasswordDialog />;
    case 'noticePreferences':
      return <PreferencesDialog />;
    case 'quickSwitch':
      return <QuickSwitchDialog />;
    case 'explain':
      return <ExplainDialog dialog={dialog} />;
    case 'stale':
      return <StaleDialog reply={dialog.reply} seenSeq={dialog.seenSeq} />;
    default:
      return dialog satisfies never;
  }
}

function PasswordDialog() {
  const { t } = useText();
  const { close } = useDialogs();
  return (
    <Modal open title={t('password.title')} footer={null} onCancel={close} width={420}>
      <ChangePasswordForm onDone={close} />
    </Modal>
  );
}
