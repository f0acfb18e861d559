/** The names on the wire between the Master and existing admin pages, at `/admin`. */
export const ADMIN_NAMESPACE = '/admin';

export const ADMIN_EVENT = {
  connected: 'admin:connected',
  auth: 'admin:auth',
  authSuccess: 'admin:auth:success',
  authFailed: 'admin:auth:failed',
  error: 'admin:error',
  statusRequest: 'admin:status:request',
  statusResponse: 'admin:status:response',
  sessionsList: 'admin:login_sessions:list',
  sessionsResponse: 'admin:login_sessions:list:response',
  loginStart: 'master:login:start',
  loginStartAck: 'admin:login:start:ack',
  loginInput: 'master:login:user_input',
  loginInputAck: 'admin:login:user_input:ack',
  loginStatusUpdate: 'login:status:update',
  qrCodeReady: 'login:qrcode:ready',
  qrCodeRefreshed: 'login:qrcode:refreshed',
  qrCodeExpired: 'login:qrcode:expired',
  loginSuccess: 'login:success',
  loginFailed: 'login:failed',
  workerStatusChanged: 'worker:status_changed',
} as const;
