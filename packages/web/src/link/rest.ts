import { toWireError, type WireError } from '@hiscrm/shared/protocol/errors.ts';

/** `failed`: the server was not reached, or answered with something that is not ours. */
export type RestOutcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'refused'; readonly error: WireError }
  | { readonly kind: 'failed' };

/** No administrative request takes longer; logging in hashes a password on purpose slowly, far below this. */
const DEADLINE_MS = 20_000;

/** Sends one request to our own server, with the session cookie. Never rejects. */
export async function rest<T>(
  method: string,
  path: string,
  body?: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<RestOutcome<T>> {
  try {
    const response = await fetch(path, {
      method,
      credentials: 'same-origin',
      signal: AbortSignal.timeout(DEADLINE_MS),
      headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (response.status === 204) return { kind: 'done', value: undefined as T }; // a request that answers nothing
    const json: unknown = await response.json();
    if (response.ok) return { kind: 'done', value: json as T }; // our own server, same version as this page
    return { kind: 'refused', error: errorOf(json) };
  } catch (error) {
    if (error instanceof Error) return { kind: 'failed' };
    throw error;
  }
}

function errorOf(json: unknown): WireError {
  if (typeof json === 'object' && json !== null && 'error' in json) {
    const { error } = json;
    if (typeof error === 'object' && error !== null && 'code' in error) return error as WireError; // our own envelope
  }
  return toWireError('INTERNAL', { requestId: '?' });
}
