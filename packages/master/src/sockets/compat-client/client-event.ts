/** The names on the wire between the Master and the desktop part of existing PC clients, at `/client`. */
export const CLIENT_NAMESPACE = '/client';

export const CLIENT_EVENT = {
  register: 'client:register',
  registerSuccess: 'client:register:success',
  registerError: 'client:register:error',
  manualLoginSuccess: 'client:manual-login-success',
  manualLoginAck: 'client:manual-login-success:ack',
  manualLoginError: 'client:manual-login-success:error',
  syncRequest: 'client:sync:request',
  syncResponse: 'client:sync:response',
  message: 'message',
  replyResult: 'server:reply:result',
  accountStatusUpdated: 'master:account-status-updated',
  /** What the desktop part listens for; the deployed system never sent it here. */
  channelStatusUpdate: 'channel:status_update',
} as const;
