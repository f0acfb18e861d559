import type { Rejection } from '@hiscrm/shared/model/reply.ts';
import type { TextKey } from '../../i18n/zh-cn.ts';
import type { ShownReply } from './shown-replies.ts';

/** Why a reply was refused, as people say it. */
export const REJECTION_WORDS: Record<Rejection, TextKey> = {
  targetNotFound: 'rejection.targetNotFound',
  targetAmbiguous: 'rejection.targetAmbiguous',
  topicPrivate: 'rejection.topicPrivate',
  topicInReview: 'rejection.topicInReview',
  repliesDisabled: 'rejection.repliesDisabled',
  tooFrequent: 'rejection.tooFrequent',
  quotaExceeded: 'rejection.quotaExceeded',
  contentRefused: 'rejection.contentRefused',
  peerRefuses: 'rejection.peerRefuses',
  loginRequired: 'rejection.loginRequired',
  challenge: 'rejection.challenge',
  notDriven: 'rejection.notDriven',
  interrupted: 'rejection.interrupted',
  other: 'rejection.other',
};

/** What is true of a reply at this moment. */
export const STATE_WORDS: Record<ShownReply['state']['kind'], TextKey> = {
  sending: 'reply.sending',
  accepted: 'reply.requested',
  expired: 'reply.expired',
  refused: 'reply.refused',
  requested: 'reply.requested',
  attempted: 'reply.attempted',
  sent: 'reply.sent',
  rejected: 'reply.rejected',
  unknown: 'reply.unknown',
};
