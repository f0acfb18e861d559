import Type, { type Static } from 'typebox';
import { loginStatusOf, workerStatusOf } from '../../words/account-words.ts';
import { platformLabel } from '../../words/platform-words.ts';
import type { App } from '../app.ts';
import type { HttpDeps } from '../http-deps.ts';
import { LegacyError } from './legacy-error.ts';
import { ok, shortText, v1Route, visibleAccounts, who } from './v1-route.ts';

const platformParams = Type.Object({ platform: shortText });

/** `/api/v1/platforms`: those that accounts can be added for, and those that accounts or Workers bring along. */
export function addPlatformRoutes(app: App, deps: HttpDeps): void {
  const { store, v1 } = deps;
  const namesFor = (accounts: ReturnType<typeof visibleAccounts>): readonly string[] => [
    ...new Set([
      ...v1.platforms,
      ...accounts.map(({ record }) => record.platform),
      ...store.workers().flatMap((worker) => worker.platforms),
    ]),
  ];
  app.get(
    '/api/v1/platforms',
    v1Route('viewer', 'The platforms. Accounts can be added for enabled ones.'),
    (request) => {
      const accounts = visibleAccounts(store, who(request));
      const data = namesFor(accounts).map((value) => ({
        value,
        label: platformLabel(value),
        enabled: v1.platforms.includes(value),
        accountCount: accounts.filter(({ record }) => record.platform === value).length,
        workerSupport: store.workers().some((worker) => worker.isOnline && worker.platforms.includes(value)),
      }));
      return { ...ok(data), total: data.length };
    },
  );
  app.get('/api/v1/platforms/stats/summary', v1Route('viewer', 'Accounts by platform.'), (request) => {
    const accounts = visibleAccounts(store, who(request));
    return ok(namesFor(accounts).map((platform) => counted(accounts, platform)));
  });
  app.get('/api/v1/platforms/:platform', v1Route('viewer', 'One platform.', { params: platformParams }), (request) => {
    const { platform } = request.params as Static<typeof platformParams>; // checked by the schema
    const accounts = visibleAccounts(store, who(request));
    if (!namesFor(accounts).includes(platform)) throw new LegacyError('NOT_FOUND', `Platform not found: ${platform}`);
    const { totalAccounts, activeAccounts, label } = counted(accounts, platform);
    return ok({ value: platform, label, totalAccounts, activeAccounts, enabled: v1.platforms.includes(platform) });
  });
}

function counted(accounts: ReturnType<typeof visibleAccounts>, platform: string) {
  const own = accounts.map(({ record }) => record).filter((record) => record.platform === platform);
  return {
    platform,
    label: platformLabel(platform),
    totalAccounts: own.length,
    activeAccounts: own.filter((record) => !record.isPaused).length,
    errorAccounts: own.filter(
      (record) => workerStatusOf(record) === 'error' || loginStatusOf(record) === 'login_failed',
    ).length,
  };
}
