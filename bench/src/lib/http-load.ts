import { createRequire } from 'node:module';
import { runToEnd } from '@hiscrm/e2e/harness/child.ts';
import { must } from '@hiscrm/shared/lib/must.ts';
import { hasProgram } from './machine.ts';

const CONNECTION_COUNT = 50;
/** Added to the run's own duration before a generator counts as stuck. */
const SLACK_MS = 30_000;

export type HttpLoad = { readonly requestsPerSecond: number; readonly p50Ms: number; readonly p99Ms: number };

type Cannon = (options: {
  url: string;
  connections: number;
  duration: number;
  headers: Readonly<Record<string, string>>;
}) => Promise<{ requests: { average: number }; latency: { p50: number; p99: number }; non2xx: number; errors: number }>;

/** The name of the generator that `httpLoad` uses here. autocannon is itself the limit above some 36,000 requests a second. */
export const generatorName = (): 'wrk' | 'autocannon' => (hasProgram('wrk') ? 'wrk' : 'autocannon');

/** Loads one address with 50 connections. Rejects when an answer was not 2xx. */
export function httpLoad(url: string, headers: Readonly<Record<string, string>>, seconds: number): Promise<HttpLoad> {
  return generatorName() === 'wrk' ? wrkLoad(url, headers, seconds) : cannonLoad(url, headers, seconds);
}

async function wrkLoad(url: string, headers: Readonly<Record<string, string>>, seconds: number): Promise<HttpLoad> {
  const headerArgs = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const output = await runToEnd(
    { command: 'wrk', args: ['-t1', `-c${CONNECTION_COUNT}`, `-d${seconds}s`, '--latency', ...headerArgs, url] },
    seconds * 1_000 + SLACK_MS,
  );
  if (/Non-2xx|Socket errors/.test(output)) throw new Error(`wrk met errors:\n${output}`);
  return {
    requestsPerSecond: Number(find(output, /Requests\/sec:\s+([\d.]+)/)[1]),
    p50Ms: toMs(find(output, /50%\s+([\d.]+)(us|ms|s)/)),
    p99Ms: toMs(find(output, /99%\s+([\d.]+)(us|ms|s)/)),
  };
}

async function cannonLoad(url: string, headers: Readonly<Record<string, string>>, seconds: number): Promise<HttpLoad> {
  // autocannon has no types of its own; this is the part that is used.
  const autocannon = createRequire(import.meta.url)('autocannon') as Cannon;
  const result = await autocannon({ url, headers, duration: seconds, connections: CONNECTION_COUNT });
  if (result.non2xx + result.errors > 0) throw new Error(`autocannon met ${result.non2xx + result.errors} errors`);
  return { requestsPerSecond: result.requests.average, p50Ms: result.latency.p50, p99Ms: result.latency.p99 };
}

function find(output: string, pattern: RegExp): RegExpExecArray {
  return must(pattern.exec(output), `wrk printed no ${pattern.source}:\n${output}`);
}

function toMs(match: RegExpExecArray): number {
  const factor = { us: 0.001, ms: 1, s: 1_000 }[match[2] ?? 'ms'] ?? 1;
  return Number(match[1]) * factor;
}
