import type { WireError } from '@hiscrm/shared/protocol/errors.ts';

/**
 * How a request ended. `refused`: the server answered with an error of the catalogue. `gone`: there is no answer and there
 * will be none; for a command that may have reached the server, this says nothing about its effect.
 */
export type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'refused'; readonly error: WireError }
  | { readonly kind: 'gone'; readonly why: GoneReason };

/** `closed`: the client was closed. `timedOut`: no answer within the deadline. `full`: too many requests wait already. */
export type GoneReason = 'closed' | 'timedOut' | 'full' | 'aborted';
