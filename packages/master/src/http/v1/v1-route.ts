import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import type { AccountRecord } from '@hiscrm/shared/model/records.ts';
import { mayRead, type Principal, type Role } from '@hiscrm/shared/model/visibility.ts';
import type { AccountView } from '@hiscrm/shared/protocol/client-link.ts';
import type { FastifyRequest } from 'fastify';
import Type, { type TSchema } from 'typebox';
import type { StoreReader } from '../../store/store-reader.ts';
import { need } from '../who-asks.ts';
import { LegacyError } from './legacy-error.ts';

/** Text that a request may carry in one field. */
export const TEXT_LIMIT_CHARS = 2_000;

export const shortText = Type.String({ maxLength: 300 });
export const id = Type.String({ minLength: 1, maxLength: 200 });
export const idParams = Type.Object({ id });
export const count = (maximum: number) => Type.Integer({ minimum: 0, maximum });
/** `0` or `1`, as the deployed system has its flags; true and false are understood. */
export const flag = Type.Union([Type.Boolean(), Type.Integer({ minimum: 0, maximum: 1 })]);

const refused = Type.Object({ success: Type.Literal(false), error: Type.String(), code: Type.String() });

/** How a route of this family is declared: who may, what it is for, what it takes. Answers are objects of the family. */
export const v1Route = (
  access: Role | 'open',
  summary: string,
  schema: { readonly params?: TSchema; readonly querystring?: TSchema; readonly body?: TSchema } = {},
  status: 200 | 201 = 200,
) => ({
  config: { access },
  schema: {
    summary,
    tags: ['v1'],
    ...schema,
    response: { [status]: Type.Unknown({ description: 'As the deployed system answers.' }), default: refused },
  },
});

/** The family's usual answer. */
export const ok = <T>(data: T): { readonly success: true; readonly data: T } => ({ success: true, data });

/** Who asks; the route has checked the role. */
export const who = (request: FastifyRequest): Principal => need(request.principal, 'viewer');

/** The accounts that the user may see. */
export const visibleAccounts = (store: StoreReader, principal: Principal): readonly AccountView[] =>
  store.accounts().filter(({ record }) => mayRead(principal, record.id));

/** One that is not there and one that the user may not see are the same answer. */
export function accountOf(store: StoreReader, principal: Principal, text: string): AccountRecord {
  const accountId = text as AccountId; // looked up next
  const account = mayRead(principal, accountId) ? store.account(accountId) : undefined;
  if (!account) throw new LegacyError('ACCOUNT_NOT_FOUND', 'Account not found');
  return account;
}

/** A flag of a body or a query, whichever way it is written. */
export const isSet = (value: unknown): boolean => value === true || value === 1;
