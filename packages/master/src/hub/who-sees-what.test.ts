import type { AccountId, UserId } from '@hiscrm/shared/model/ids.ts';
import type { Grants, Principal, Role } from '@hiscrm/shared/model/visibility.ts';
import { expect, test } from 'vitest';
import { SharedSights } from './who-sees-what.ts';

const [a, b] = ['a' as AccountId, 'b' as AccountId];
const someone = (name: string, role: Role, grants: Grants): Principal => ({
  userId: name as UserId,
  username: name,
  role,
  grants,
});

test('subscribers that see equally share one sight, others do not', () => {
  const sights = new SharedSights();
  const ann = sights.of(someone('ann', 'operator', new Set([a, b])));
  expect(sights.of(someone('bob', 'viewer', new Set([b, a])))).toBe(ann);
  expect(sights.of(someone('cat', 'admin', new Set()))).toBe(sights.of(someone('dan', 'viewer', 'all')));
  const few = sights.of(someone('eve', 'operator', new Set([a])));
  expect(few).not.toBe(ann);
  expect([few.seesAccount(a), few.seesAccount(b), ann.seesAccount(b)]).toEqual([true, false, true]);
});

test('more ways of seeing than are remembered see rightly all the same', () => {
  const sights = new SharedSights();
  for (let n = 0; n < 2_500; n++) {
    const own = `account-${n}` as AccountId;
    const sight = sights.of(someone('ann', 'operator', new Set([own])));
    expect([sight.seesAccount(own), sight.seesAccount(a)]).toEqual([true, false]);
  }
});
