import type { Seq } from '@hiscrm/shared/model/ids.ts';
import type { LiveNotice } from './live-notice.ts';

/** A notice on its way to one user, as frames show it. */
export type Delivery = {
  readonly notice: LiveNotice;
  /** Its place in the user's stream. */
  readonly place: Seq;
  /** It came in a digest when this is not 0. */
  readonly heldUntil: number;
  /** It was not on its way the moment it was sent: the frame says so. */
  readonly isOffline: boolean;
};
