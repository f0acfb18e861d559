import type { UserId } from '@hiscrm/shared/model/ids.ts';
import type { Role } from '@hiscrm/shared/model/visibility.ts';

export type ConnectedUser = { readonly id: UserId; readonly username: string; readonly role: Role };

/** Why the client has to wait before it connects again. */
export type WaitReason = 'unreachable' | 'lost' | 'serverRestarting' | 'tooSlow' | 'badFrames' | 'heartbeatMissed';

/** Why connecting again is pointless until a person has done something. */
export type RefuseReason = 'notLoggedIn' | 'sessionRevoked' | 'unsupportedProtocol' | 'other';

/** The one state of the connection that screens show. */
export type Connection =
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting'; readonly attempt: number }
  | {
      readonly kind: 'live';
      readonly since: number;
      readonly connectionId: string;
      readonly user: ConnectedUser;
      readonly serverVersion: string;
      /** Server time minus local time in ms at the welcome. */
      readonly clockSkewMs: number;
      /** The last heartbeat's way there and back; absent before the first one. */
      readonly latencyMs?: number;
    }
  | { readonly kind: 'waiting'; readonly attempt: number; readonly retryAt: number; readonly reason: WaitReason }
  | { readonly kind: 'refused'; readonly reason: RefuseReason; readonly code: number }
  | { readonly kind: 'closed' };
