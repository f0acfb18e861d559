import type { Config } from '../config.ts';
import { NOTICE_LIMITS, type NoticeLimits } from '../notices/notice-limits.ts';
import { NOTICE_SOCKET_LIMITS, type NoticeSocketLimits } from '../sockets/notice-socket-limits.ts';

/** The hub's bounds as the operator set them. */
export const hubBoundsOf = (config: Config): NoticeLimits => ({
  ...NOTICE_LIMITS,
  waitingDeliveriesCount: config.noticeWaitingDeliveries,
  urgentDeliveriesCount: config.noticeUrgentDeliveries,
  waitingPerUserCount: config.noticeWaitingPerUser,
  waitingAgeMs: config.noticeWaitingAgeMs,
  scheduledCount: config.noticeScheduled,
  slowConsumerBytes: config.noticeSlowConsumerBytes,
});

/** The same of its sockets. */
export const socketBoundsOf = (config: Config): NoticeSocketLimits => ({
  ...NOTICE_SOCKET_LIMITS,
  connectionCount: config.maxConnections,
  connectionsPerUserCount: config.noticeConnectionsPerUser,
  connectionsPerAddressCount: config.noticeConnectionsPerAddress,
  connectBurstCount: config.noticeConnectBurst,
  connectsPerSecond: config.noticeConnectsPerSecond,
  frameBytes: config.noticeFrameBytes,
  badFrameCount: config.noticeBadFrames,
  goneAfterMs: config.clientGoneMs,
});
