/** The bounds of the notification hub and its sockets that an operator may move. */
import Type from 'typebox';
import type { Setting } from './setting.ts';

const BILLION = 1_000_000_000;
const WEEK_MS = 7 * 24 * 3_600_000;
const between = (minimum: number, maximum: number) => Type.Integer({ minimum, maximum });

export const NOTICE_SETTINGS = {
  noticeWaitingDeliveries: {
    env: 'HISCRM_NOTICE_WAITING_DELIVERIES',
    schema: between(1, BILLION),
    default: '50000',
    description:
      'Deliveries to connected users that may wait for their sockets; a notice that does not fit is refused with 503. Not less than the users on line, times the notices to everybody that are sent at the same time.',
  },
  noticeUrgentDeliveries: {
    env: 'HISCRM_NOTICE_URGENT_DELIVERIES',
    schema: between(1, BILLION),
    default: '50000',
    description: 'The same for urgent notices, which have room of their own.',
  },
  noticeWaitingPerUser: {
    env: 'HISCRM_NOTICE_WAITING_PER_USER',
    schema: between(0, BILLION),
    default: '100',
    description: 'Notices that wait for one absent user; the oldest expires. 0 = no bound.',
  },
  noticeWaitingAgeMs: {
    env: 'HISCRM_NOTICE_WAITING_AGE_MS',
    schema: between(0, Number.MAX_SAFE_INTEGER),
    default: String(WEEK_MS),
    description: 'A notice that nobody fetched for so long expires. 0 = no bound.',
  },
  noticeScheduled: {
    env: 'HISCRM_NOTICE_SCHEDULED',
    schema: between(0, BILLION),
    default: '10000',
    description: 'Scheduled notices at a time; one more is refused.',
  },
  noticeSlowConsumerBytes: {
    env: 'HISCRM_NOTICE_SLOW_CONSUMER_BYTES',
    schema: between(64 * 1024, BILLION),
    default: String(1024 * 1024),
    description: 'A notice socket with more than this waiting is closed; its user catches up on return.',
  },
  noticeConnectionsPerUser: {
    env: 'HISCRM_NOTICE_CONNECTIONS_PER_USER',
    schema: between(1, BILLION),
    default: '20',
    description: 'Notice sockets of one user; one more is refused with 429.',
  },
  noticeConnectionsPerAddress: {
    env: 'HISCRM_NOTICE_CONNECTIONS_PER_ADDRESS',
    schema: between(0, BILLION),
    default: '1000',
    description:
      'Notice sockets of one address that is not this machine; one more is refused with 429. 0 = no bound. Raise it where many users share an address.',
  },
  noticeConnectBurst: {
    env: 'HISCRM_NOTICE_CONNECT_BURST',
    schema: between(1, BILLION),
    default: '200',
    description: 'Connects of such an address at once; more get 429.',
  },
  noticeConnectsPerSecond: {
    env: 'HISCRM_NOTICE_CONNECTS_PER_SECOND',
    schema: between(1, BILLION),
    default: '50',
    description: 'Connects a second of such an address after that.',
  },
  noticeFrameBytes: {
    env: 'HISCRM_NOTICE_FRAME_BYTES',
    schema: between(1024, 1024 * 1024),
    default: '4096',
    description: 'A larger frame from a notice client is answered with an error; four times that closes its socket.',
  },
  noticeBadFrames: {
    env: 'HISCRM_NOTICE_BAD_FRAMES',
    schema: between(1, BILLION),
    default: '10',
    description: 'Bad frames within a minute that close a notice socket with 1008.',
  },
} as const satisfies Record<string, Setting>;
