/** The names on the wire between the Master and existing Workers. Those that ours use too are in the protocol of the Worker link. */
export const FOREIGN_EVENT = {
  joinRoom: 'join_room',
  replyRequest: 'master:reply:request',
  replyResult: 'worker:reply:result',
  loginStart: 'master:login:start',
  loginInput: 'master:login:user_input',
  loginStatus: 'worker:login:status',
  loginSuccess: 'worker:login:success',
  loginFailed: 'worker:login:failed',
  qrCodeReady: 'worker:login:qrcode:ready',
  qrCodeRefreshed: 'worker:login:qrcode:refreshed',
  updateStorage: 'master:update-account-storage',
  /** Workers send it wrapped or bare. */
  accountRestarted: 'worker:account-restarted',
} as const;

/** Types of envelopes, which travel as the event `message`. */
export const FOREIGN_TYPE = {
  accountStatus: 'worker:account:status',
  dataSync: 'worker:data:sync',
  dataSyncAck: 'WORKER_DATA_SYNC_ACK',
  taskAssign: 'master:task:assign',
  taskRevoke: 'master:task:revoke',
  configUpdate: 'master:account:config_update',
  error: 'error',
} as const;

/** `<type>:ack`, as every answer but the one to a data sync is called. */
export const ackOf = (type: string): string => `${type}:ack`;
