import { platformSchema } from '@hiscrm/shared/model/change.ts';
import { workerIdSchema } from '@hiscrm/shared/model/ids.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import { parserOf } from '@hiscrm/shared/protocol/validate.ts';
import { WORKER_PROTOCOL } from '@hiscrm/shared/protocol/version.ts';
import { ENVELOPE_VERSION } from '@hiscrm/shared/protocol/worker-link.ts';
import type { RegisterPayload } from '../../fleet/member.ts';
import { countOf, type Fields, textOf } from '../../words/foreign-values.ts';

const DEFAULT_MAX_ACCOUNTS = 10;
const MAX_ACCOUNTS_LIMIT = 1_000;

const isWorkerId = parserOf(workerIdSchema);
const isPlatform = parserOf(platformSchema);

/** The first of the envelope's rules that it breaks, in the deployed system's words. */
export function whatIsWrong(envelope: Fields): string | undefined {
  for (const name of ['type', 'version', 'payload', 'timestamp']) {
    if (envelope[name] === undefined || envelope[name] === '') return `Missing required field: ${name}`;
  }
  return envelope.version === ENVELOPE_VERSION
    ? undefined
    : `Unsupported version: ${String(envelope.version).slice(0, 40)}`;
}

/** The registration as ours would say it. Throws BAD_REQUEST. */
export function registrationOf(payload: Fields): RegisterPayload {
  const id = isWorkerId(payload.worker_id);
  if (!id.ok) throw new ImError('BAD_REQUEST', { reason: `worker_id ${id.reason}` });
  const capabilities: unknown[] = Array.isArray(payload.capabilities) ? payload.capabilities : [];
  const platforms = capabilities.flatMap((name) => {
    const platform = isPlatform(name);
    return platform.ok ? [platform.value] : [];
  });
  return {
    protocol: WORKER_PROTOCOL,
    workerId: id.value,
    name: id.value,
    version: (textOf(payload.version) ?? '').slice(0, 40),
    platforms: platforms.slice(0, 20),
    maxAccounts: Math.min(MAX_ACCOUNTS_LIMIT, countOf(payload.max_accounts) ?? DEFAULT_MAX_ACCOUNTS),
  };
}
