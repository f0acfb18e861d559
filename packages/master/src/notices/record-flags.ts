/**
 * The state of a receive record, packed into a small number: what lists filter and count by. Bit 0: over the socket at
 * once (else it waited), 1: confirmed, 2: read, 3: on line when sent, 4–5: delivery status, 6: withdrawn by its sender.
 * States only rise, so joining a mark twice, or in another order, gives the same flags.
 */
export const DELIVERY_STATUSES = ['pending', 'expired', 'failed', 'delivered'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

const LIVE = 1;
const CONFIRMED = 2;
const READ = 4;
const ONLINE = 8;
const STATUS_SHIFT = 4;
const STATUS_MASK = 3 << STATUS_SHIFT;
const WITHDRAWN = 64;

/** Every combination is below this. */
export const FLAGS_LIMIT = 128;

/** A record at the moment of sending. */
export const freshFlags = (isOnline: boolean): number => (isOnline ? ONLINE | LIVE : 0);

export const statusOf = (flags: number): DeliveryStatus =>
  DELIVERY_STATUSES[(flags & STATUS_MASK) >> STATUS_SHIFT] ?? 'pending';
export const isPending = (flags: number): boolean => (flags & STATUS_MASK) === 0;
export const isDelivered = (flags: number): boolean => (flags & STATUS_MASK) === STATUS_MASK;
export const isRead = (flags: number): boolean => (flags & READ) !== 0;
export const isConfirmed = (flags: number): boolean => (flags & CONFIRMED) !== 0;
export const wasOnline = (flags: number): boolean => (flags & ONLINE) !== 0;
export const isWithdrawn = (flags: number): boolean => (flags & WITHDRAWN) !== 0;
export const wentLive = (flags: number): boolean => (flags & LIVE) !== 0;

/** Counts in the user's badge: neither read, nor given up, nor withdrawn. */
export const isUnread = (flags: number): boolean => {
  const status = statusOf(flags);
  return !isRead(flags) && !isWithdrawn(flags) && (status === 'pending' || status === 'delivered');
};

const atLeast = (flags: number, status: DeliveryStatus): number => {
  const rank = DELIVERY_STATUSES.indexOf(status) << STATUS_SHIFT;
  return (flags & STATUS_MASK) >= rank ? flags : (flags & ~STATUS_MASK) | rank;
};

/** The recipient's client has it. */
export const delivered = (flags: number): number => atLeast(flags, 'delivered');
/** Who has read it has got it. */
export const read = (flags: number): number => delivered(flags) | READ;
/** Who has confirmed it has read it. */
export const confirmed = (flags: number): number => read(flags) | CONFIRMED;
/** Will not be delivered any more; one that was delivered stays so. */
export const expired = (flags: number): number => atLeast(flags, 'expired');
/** Its sender took it back. */
export const withdrawn = (flags: number): number => expired(flags) | WITHDRAWN;
/** It had to wait for its user. */
export const waited = (flags: number): number => flags & ~LIVE;

/** What a filter asks; undefined = either. */
export type FlagFilter = {
  readonly isOnline?: boolean | undefined;
  readonly isReceived?: boolean | undefined;
  readonly isRead?: boolean | undefined;
  readonly isConfirmed?: boolean | undefined;
  readonly status?: DeliveryStatus | undefined;
  readonly isLive?: boolean | undefined;
};

/** Whether a filter of flags leaves anything out. */
export const hasFilter = ({ isOnline, isReceived, isRead, isConfirmed, status, isLive }: FlagFilter): boolean =>
  [isOnline, isReceived, isRead, isConfirmed, status, isLive].some((wanted) => wanted !== undefined);

export function fits(flags: number, filter: FlagFilter): boolean {
  const is = (wanted: boolean | undefined, got: boolean): boolean => wanted === undefined || wanted === got;
  return (
    is(filter.isOnline, wasOnline(flags)) &&
    is(filter.isReceived, isDelivered(flags)) &&
    is(filter.isRead, isRead(flags)) &&
    is(filter.isConfirmed, isConfirmed(flags)) &&
    is(filter.isLive, wentLive(flags)) &&
    (filter.status === undefined || filter.status === statusOf(flags))
  );
}
