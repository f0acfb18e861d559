import type { JsonObject } from '../lib/encode-json.ts';

export type SendVerdict =
  | 'delivered'
  | 'under_review'
  | 'content_rejected'
  | 'not_friends'
  | 'touch_limit'
  | 'token_expired';

function answered(
  serverMessageId: string,
  clientMessageId: string,
  status: number,
  checkCode: string,
  checkMessage: string,
): JsonObject {
  return {
    cmd: 100,
    statusCode: 0,
    sendMessageBody: { serverMessageId, clientMessageId, status, checkCode, checkMessage },
  };
}

function refused(statusCode: number, errorDesc: string): JsonObject {
  return { cmd: 100, statusCode, errorDesc, sendMessageBody: null };
}

/** The decoded answer to a message send. A rejected text has the server id "0". */
export function sendResult(verdict: SendVerdict, serverId: string, clientId: string): JsonObject {
  switch (verdict) {
    case 'delivered':
      return answered(serverId, clientId, 0, '8101', '');
    case 'under_review':
      return answered(serverId, clientId, 0, '10502', '');
    case 'content_rejected':
      return answered(
        '0',
        clientId,
        3,
        '8610',
        JSON.stringify({ status_code: 8610, tips: '消息包含敏感内容，发送失败' }),
      );
    case 'not_friends':
      return refused(10, 'not friends');
    case 'touch_limit':
      return refused(18, 'touch limit');
    case 'token_expired':
      return refused(100, 'token expired');
  }
}
