import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import type { Role } from '@hiscrm/shared/model/visibility.ts';
import { type RestOutcome, rest } from './rest.ts';

/** The user who is logged in, as the server knows them. */
export type OwnUser = {
  readonly id: string;
  readonly username: string;
  readonly role: Role;
  readonly grants: 'all' | readonly AccountId[];
  readonly mustChangePassword: boolean;
};

export const authApi = {
  login: (username: string, password: string): Promise<RestOutcome<{ readonly user: OwnUser }>> =>
    rest('POST', '/api/auth/login', { username, password }),
  me: (): Promise<RestOutcome<{ readonly user: OwnUser }>> => rest('GET', '/api/auth/me'),
  logout: (): Promise<RestOutcome<void>> => rest('POST', '/api/auth/logout'),
  changePassword: (oldPassword: string, newPassword: string): Promise<RestOutcome<void>> =>
    rest('POST', '/api/auth/password', { oldPassword, newPassword }),
} as const;
