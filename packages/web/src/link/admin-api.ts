import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import type { Role } from '@hiscrm/shared/model/visibility.ts';
import { type RestOutcome, rest } from './rest.ts';

export type AdminUser = {
  readonly id: string;
  readonly username: string;
  readonly role: Role;
  readonly grants: 'all' | readonly AccountId[];
  readonly mustChangePassword: boolean;
  readonly createdAt: number;
};
export type WorkerKey = { readonly name: string; readonly createdAt: number };
export type UserPatch = {
  readonly role?: Role;
  readonly grants?: 'all' | readonly AccountId[];
  readonly password?: string;
};

type Envelope<T> = { readonly data: T };

async function open<T>(request: Promise<RestOutcome<Envelope<T>>>): Promise<RestOutcome<T>> {
  const outcome = await request;
  return outcome.kind === 'done' ? { kind: 'done', value: outcome.value.data } : outcome;
}

const user = (name: string): string => `/api/admin/users/${encodeURIComponent(name)}`;

/** Users and Worker keys; for administrators. */
export const adminApi = {
  users: (): Promise<RestOutcome<readonly AdminUser[]>> => open(rest('GET', '/api/admin/users')),
  addUser: (body: {
    readonly username: string;
    readonly password: string;
    readonly role: Role;
  }): Promise<RestOutcome<AdminUser>> => open(rest('POST', '/api/admin/users', body)),
  changeUser: (name: string, patch: UserPatch): Promise<RestOutcome<AdminUser>> =>
    open(rest('PATCH', user(name), patch)),
  removeUser: (name: string): Promise<RestOutcome<null>> => open(rest('DELETE', user(name))),
  workerKeys: (): Promise<RestOutcome<readonly WorkerKey[]>> => open(rest('GET', '/api/admin/worker-keys')),
  addWorkerKey: (name: string): Promise<RestOutcome<{ readonly name: string; readonly key: string }>> =>
    open(rest('POST', '/api/admin/worker-keys', { name })),
  revokeWorkerKey: (name: string): Promise<RestOutcome<null>> =>
    open(rest('DELETE', `/api/admin/worker-keys/${encodeURIComponent(name)}`)),
} as const;
