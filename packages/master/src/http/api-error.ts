import { ERRORS, type ErrorCode, type ErrorDetails, ImError, toWireError } from '@hiscrm/shared/protocol/errors.ts';
import { LegacyError } from './v1/legacy-error.ts';

/** An error as a family of routes shows it. */
export type ShownError = {
  readonly status: number;
  readonly body: object;
  /** Seconds for the Retry-After header. */
  readonly retryAfterS?: number;
  /** Whether it is a bug, to be logged with its stack. */
  readonly isBug: boolean;
};

/** What an error becomes on its way out. `requestId` stands in for the text of a bug, which stays in the log. */
export function showError(error: unknown, path: string, requestId: string): ShownError {
  const { code, details } = catalogued(error, requestId);
  const { status } = ERRORS[code];
  const retryAfterMs = details.retryAfterMs;
  return {
    status,
    body: error instanceof LegacyError ? legacyBody(error) : envelope(path, status, code, details),
    ...(typeof retryAfterMs === 'number' && { retryAfterS: Math.max(1, Math.ceil(retryAfterMs / 1_000)) }),
    isBug: code === 'INTERNAL',
  };
}

function catalogued(error: unknown, requestId: string): { readonly code: ErrorCode; readonly details: ErrorDetails } {
  if (error instanceof ImError) return { code: error.code, details: error.details };
  const status = statusOf(error);
  if (status === 413) return { code: 'TOO_LARGE', details: { limitBytes: BODY_LIMIT_BYTES } };
  if (status === 429) return { code: 'TOO_MANY', details: { retryAfterMs: 1_000 } };
  if (status === 404) return { code: 'NOT_FOUND', details: {} };
  // What the framework refused: its text speaks of the request alone.
  if (status >= 400 && status < 500 && error instanceof Error) {
    return { code: 'BAD_REQUEST', details: { reason: error.message.slice(0, 200) } };
  }
  return { code: 'INTERNAL', details: { requestId } };
}

/** The largest body: lists of ids and passwords, never uploads. */
export const BODY_LIMIT_BYTES = 256 * 1024;

function statusOf(error: unknown): number {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return 500;
  return typeof error.statusCode === 'number' ? error.statusCode : 500;
}

const legacyBody = ({ text, code, extra }: LegacyError): object => ({ success: false, error: text, code, ...extra });

function envelope(path: string, status: number, code: ErrorCode, details: ErrorDetails): object {
  const wire = toWireError(code, details);
  if (path.startsWith('/api/im/')) return { data: null, status_code: status, status_msg: wire.message, code };
  if (path.startsWith('/api/admin/')) return { code: status, message: wire.message, error: wire };
  if (path.startsWith('/api/v1/') || path.startsWith('/api/debug/'))
    return { success: false, error: wire.message, code };
  return { error: wire };
}
