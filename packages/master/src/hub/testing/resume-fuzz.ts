import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import { assert } from '@hiscrm/shared/lib/must.ts';
import { same } from '@hiscrm/shared/lib/same.ts';
import type { Change } from '@hiscrm/shared/model/change.ts';
import type { AccountId, Seq, TopicId, UserId, WorkerId } from '@hiscrm/shared/model/ids.ts';
import type { Principal } from '@hiscrm/shared/model/visibility.ts';
import pino from 'pino';
import { Hub, type Subscription } from '../hub.ts';
import type { HUB_LIMITS } from '../hub-limits.ts';
import { sightOf } from '../who-sees-what.ts';
import { MemoryMaster } from './memory-master.ts';
import { RecordingClient } from './recording-client.ts';

const ACCOUNTS = ['acc-a', 'acc-b', 'acc-c'] as AccountId[];
const CLIENT_COUNT = 5;

type Peer = { principal: Principal; client: RecordingClient; held: Subscription | undefined };

/** What a run did, so that a test can see that it went everywhere. */
export type FuzzReport = {
  readonly rowCount: number;
  readonly resumeCount: number;
  readonly resetCounts: Readonly<Record<string, number>>;
  readonly slowCloseCount: number;
};

/**
 * Cuts and resumes clients at random against a log that answers late, trims, and a hub with tiny limits, until `resumeCount`
 * resumes happened; then waits for quiet. Throws when a client has a hole, a duplicate, a wrong order, a row it may not see or
 * misses one that it may (P2). The same seed does the same.
 */
export async function runResumeFuzz(options: { seed: number; resumeCount: number }): Promise<FuzzReport> {
  const clock = new FakeClock({ seed: options.seed });
  const pick = (below: number): number => Math.floor(clock.random() * below);
  const master = new MemoryMaster({ now: () => clock.now() });
  master.readDelay = () => pick(12);
  const limits = {
    slowConsumerBytes: 4_000,
    tailChars: 1_500,
    frameChars: 600,
    sliceCount: 2,
    pageCount: 3,
    catchUpCount: 60,
    catchUpMs: 5_000,
    catchUpWaitingBytes: 1_000,
  } satisfies typeof HUB_LIMITS;
  const complaints: string[] = [];
  const lc = pino({ level: 'error' }, { write: (line: string) => void complaints.push(line) });
  const hub = new Hub({ log: master, store: master.store, clock, limits, lc });
  master.listeners.push((publication) => hub.publish(publication));
  master.commitNow(ACCOUNTS.map((accountId) => added(accountId)));
  const peers = Array.from({ length: CLIENT_COUNT }, (_, index): Peer => newPeer(index));
  let resumeCount = 0;
  const steps: (() => void | Promise<void>)[] = [
    () => void master.commitNow(Array.from({ length: 1 + pick(4) }, () => aChange(pick, master.rows.length))),
    () => void master.commitNow([aChange(pick, master.rows.length)]),
    () => cut(peerAt(peers, pick)),
    () => {
      const peer = peerAt(peers, pick);
      if (!peer.held && peer.client.epoch) resumeCount++;
      join(hub, peer);
    },
    () => void peerAt(peers, pick).held?.flush(),
    () => {
      const { client } = peerAt(peers, pick);
      client.isSlow = !client.isSlow;
      if (!client.isSlow) client.read();
    },
    () => changeGrants(peerAt(peers, pick), pick),
    () => (pick(8) === 0 ? master.trimTo(Math.max(0, master.rows.length - pick(40)) as Seq) : undefined),
    () => clock.advance(pick(200)),
    () => turn(),
    () => turn(),
  ];
  while (resumeCount < options.resumeCount) await steps[pick(steps.length)]?.();
  await settle(hub, peers, master);
  for (const peer of peers) check(peer, master);
  assert(complaints.length === 0, () => `the hub complained: ${complaints[0]}`);
  const { resetCounts, slowCloseCount } = hub.figures();
  hub.close();
  assert(clock.pendingCount === 0, () => `${clock.pendingCount} timers left`);
  return { rowCount: master.rows.length, resumeCount, resetCounts, slowCloseCount };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function newPeer(index: number): Peer {
  const principal: Principal = {
    userId: `u-${index}` as UserId,
    username: `user${index}`,
    role: 'operator',
    grants: index === 0 ? 'all' : new Set(ACCOUNTS.slice(0, index % 3)),
  };
  return { principal, client: new RecordingClient(), held: undefined };
}

function peerAt(peers: readonly Peer[], pick: (below: number) => number): Peer {
  const peer = peers[pick(peers.length)];
  assert(peer, 'there are peers');
  return peer;
}

function join(hub: Hub, peer: Peer): void {
  if (peer.held && !peer.client.isClosedAsSlow) return;
  const { epoch, at } = peer.client;
  peer.client.isClosedAsSlow = false;
  peer.held = hub.subscribe({
    principal: peer.principal,
    sink: peer.client,
    resume: epoch && { epoch, seq: at },
  });
}

function cut(peer: Peer): void {
  peer.held?.close();
  peer.held = undefined;
  peer.client.read();
}

/** Grants change only while connected: a client that comes back with other grants is the sockets' business. */
function changeGrants(peer: Peer, pick: (below: number) => number): void {
  if (!peer.held || pick(5) > 0) return;
  peer.principal = { ...peer.principal, grants: new Set(ACCOUNTS.filter(() => pick(2) === 0)) };
  peer.held.changePrincipal(peer.principal);
}

async function settle(hub: Hub, peers: readonly Peer[], master: MemoryMaster): Promise<void> {
  const isQuiet = (): boolean => peers.every(({ client }) => client.at === master.head() && !client.isClosedAsSlow);
  for (let tries = 0; tries < 10_000; tries++) {
    for (const peer of peers) {
      peer.client.isSlow = false;
      peer.client.read();
      join(hub, peer);
    }
    await turn();
    if (isQuiet()) return;
  }
  throw new Error(`not quiet: ${peers.map(({ client }) => client.at).join(', ')} of ${master.head()}`);
}

function check({ client, principal }: Peer, master: MemoryMaster): void {
  const sight = sightOf(principal);
  const expected = master.rows.filter((row) => row.seq > client.base && sight.seesRow(row)).map(({ seq }) => seq);
  const got = client.rows.map(({ seq }) => seq);
  assert(same(got, expected), () => `${principal.username} has ${got.join(',')} and should have ${expected.join(',')}`);
}

const added = (accountId: AccountId): Change => ({
  kind: 'account.added',
  accountId,
  platform: 'douyin',
  name: accountId,
  at: 1,
});

function aChange(pick: (below: number) => number, number: number): Change {
  const accountId = ACCOUNTS[pick(ACCOUNTS.length)];
  if (!accountId || pick(10) === 0) return workerChange(pick(2) === 0);
  const facts = { id: `topic-${pick(4)}` as TopicId, title: `work ${number}`, source: 'api', observedAt: number };
  return { kind: 'content.observed', accountId, facts };
}

const workerChange = (isOnline: boolean): Change => ({
  kind: 'worker.changed',
  workerId: 'w-1' as WorkerId,
  name: 'w',
  isOnline,
  platforms: ['douyin'],
  maxAccounts: 10,
  at: 1,
});
