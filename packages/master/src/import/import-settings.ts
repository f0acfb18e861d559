import { workerIdSchema } from '@hiscrm/shared/model/ids.ts';
import { parserOf } from '@hiscrm/shared/protocol/validate.ts';
import type { WorkerConfig } from '../fleet/worker-desk.ts';
import { isAllowedWorkerEnv } from '../fleet/worker-env.ts';
import type { LegacyRow } from '../log/legacy-database.ts';
import { toSeconds } from '../words/account-words.ts';
import { countOf, nameOf, textOf, timeOf } from '../words/foreign-values.ts';
import { PROXY_ADDRESS, PROXY_PROTOCOLS, PROXY_STATUSES, type ProxyServer } from '../words/proxy-server.ts';
import type { ImportReport } from './import-report.ts';
import type { ImportTarget } from './import-target.ts';
import { objectIn } from './legacy-values.ts';

const MAX_ACCOUNTS = 1_000;
const parseWorkerId = parserOf(workerIdSchema);

/** Keeps a proxy; its password is sealed. */
export function importProxy(target: ImportTarget, row: LegacyRow, report: ImportReport): void {
  const tally = report.tables.proxies;
  tally.found += 1;
  const server = textOf(row.server) ?? '';
  const protocol = PROXY_PROTOCOLS.find((one) => one === row.protocol);
  if (!PROXY_ADDRESS.test(server) || protocol === undefined) {
    report.skip('proxies', row.id, 'its server is not host:port, or its protocol is unknown');
    return;
  }
  if (target.proxies.list().some(({ value }) => value.server === server)) {
    tally.known += 1;
    return;
  }
  const now = toSeconds(target.now);
  const proxy: ProxyServer = {
    name: nameOf(row.name) ?? server,
    server,
    protocol,
    username: textOf(row.username) || null,
    country: textOf(row.country) || null,
    city: textOf(row.city) || null,
    status: PROXY_STATUSES.find((one) => one === row.status) ?? 'inactive',
    success_rate: null, // of tests through the proxy, which are not made here
    testCount: 0,
    last_check_time: null,
    response_time: null,
    created_at: secondsOf(row.created_at) ?? now,
    updated_at: secondsOf(row.updated_at) ?? now,
  };
  target.proxies.put(`proxy-${server}`, proxy, textOf(row.password) || null);
  tally.taken += 1;
}

const secondsOf = (value: unknown): number | undefined => {
  const at = timeOf(value);
  return at === undefined ? undefined : toSeconds(at);
};

/** Keeps a Worker's configuration. It is not started by itself: this Master has local Workers of its own. */
export function importWorkerConfig(target: ImportTarget, row: LegacyRow, report: ImportReport): void {
  const tally = report.tables.workerConfigs;
  tally.found += 1;
  const workerId = textOf(row.worker_id) ?? '';
  const deployment = row.deployment_type ?? 'local';
  if (!parseWorkerId(workerId).ok) {
    report.skip('workerConfigs', row.id, 'its worker_id has letters that are not taken');
    return;
  }
  if (deployment !== 'local' && deployment !== 'remote') {
    report.skip(
      'workerConfigs',
      workerId,
      `deployment_type ${String(deployment)} is not supported: start that Worker with a key`,
    );
    return;
  }
  if (target.configs.list().some(({ id }) => id === workerId)) {
    tally.known += 1;
    return;
  }
  const settings = Object.entries(objectIn(row.env_variables) ?? {});
  const kept = settings.filter(([name]) => isAllowedWorkerEnv(name));
  const config: WorkerConfig = {
    workerId,
    name: (nameOf(row.name) ?? workerId).slice(0, 50),
    description: textOf(row.description)?.slice(0, 4_000) ?? '',
    deployment,
    host: textOf(row.host)?.slice(0, 300) ?? '',
    port: Math.min(countOf(row.port) ?? 0, 65_535),
    maxAccounts: Math.min(countOf(row.max_accounts) ?? 10, MAX_ACCOUNTS),
    isEnabled: Number(row.enabled ?? 1) === 1,
    isAutoStarted: false,
    isRestarted: Number(row.auto_restart ?? 1) === 1,
    createdAt: timeOf(row.created_at) ?? target.now,
    updatedAt: timeOf(row.updated_at) ?? target.now,
  };
  target.configs.put(
    workerId,
    config,
    JSON.stringify(Object.fromEntries(kept.map(([name, value]) => [name, String(value)]))),
  );
  tally.taken += 1;
  if (kept.length < settings.length) {
    const dropped = settings.flatMap(([name]) => (isAllowedWorkerEnv(name) ? [] : [name]));
    report.note('workerConfigs', workerId, `settings not taken: ${dropped.join(', ').slice(0, 300)}`);
  }
}
