import type { Seq } from '@hiscrm/shared/model/ids.ts';

/** The state of one notice for one recipient, as lists show it. Times in ms UTC; an absent one is 0. */
export type ReceiveRecord = {
  readonly recordNo: number;
  readonly noticeNo: Seq;
  readonly userNo: number;
  /** Place in the user's stream; 0 while held. */
  readonly place: Seq;
  readonly flags: number;
  /** First letter of the role that the user had. */
  readonly role: string;
  readonly createdAt: number;
  readonly receivedAt: number;
  readonly readAt: number;
  readonly confirmedAt: number;
  readonly updatedAt: number;
  readonly heldUntil: number;
  readonly retryCount: number;
  /** Number of the device that acknowledged it; 0 = none. */
  readonly deviceNo: number;
  readonly error: RecordError | '';
};

/** Why a record was not delivered. Stored by position: new ones go to the end. */
export const RECORD_ERRORS = ['', 'recalled', 'expired: time', 'expired: age', 'expired: overflow'] as const;
export type RecordError = Exclude<(typeof RECORD_ERRORS)[number], ''>;
