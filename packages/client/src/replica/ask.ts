import type { Cancel } from '@hiscrm/shared/lib/clock.ts';
import type { QueryName, QueryParams } from '@hiscrm/shared/protocol/queries.ts';
import type { Answered } from '../link/requests.ts';
import type { Outcome } from '../outcome.ts';

/** Puts a question to the server; see `Requests.query`. */
export type Ask = <N extends QueryName>(
  name: N,
  params: QueryParams<N>,
  onEnd: (outcome: Outcome<Answered<N>>) => void,
) => Cancel;
