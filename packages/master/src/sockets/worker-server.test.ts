import { deferred } from '@hiscrm/shared/lib/deferred.ts';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import { ERRORS } from '@hiscrm/shared/protocol/errors.ts';
import { parserOf } from '@hiscrm/shared/protocol/validate.ts';
import {
  changesAnswerSchema,
  plainAnswerSchema,
  registerAnswerSchema,
  WORKER_EVENT,
} from '@hiscrm/shared/protocol/worker-link.ts';
import fc from 'fast-check';
import type { Socket } from 'socket.io-client';
import { afterEach, expect, test } from 'vitest';
import { addedAccount, hello } from '../fleet/testing/fleet-world.ts';
import { openWorkerWorld } from './testing/worker-world.ts';

const A = 'a' as AccountId;
let world: Awaited<ReturnType<typeof openWorkerWorld>>;
const open = async (...options: Parameters<typeof openWorkerWorld>): Promise<typeof world> => {
  world = await openWorkerWorld(...options);
  return world;
};
afterEach(() => world.close());

const batch = (id: string, leaseToken = 1, title = '作品'): Record<string, unknown> => ({
  accountId: A,
  leaseToken,
  batchId: id,
  changes: [
    {
      kind: 'content.observed',
      accountId: A,
      facts: { id: '7300000000000000001', title, source: 'api', observedAt: 5 },
    },
  ],
});
const gone = (socket: Socket): Promise<string> => new Promise((resolve) => socket.once('disconnect', resolve));
/** The messages that the Master sends, each answered with ok. */
function heard(socket: Socket): string[] {
  const types: string[] = [];
  socket.on(WORKER_EVENT, (envelope: { type: string }, ack: (answer: unknown) => void) => {
    types.push(envelope.type);
    ack({ ok: true });
  });
  return types;
}

test('[WK1] without a key, with a wrong one, and after its revocation the door is shut', async () => {
  const { connect, authenticator, workers } = await open();
  for (const key of ['', 'wrong']) {
    await expect(connect(key)).rejects.toMatchObject({ message: 'BAD_WORKER_KEY', data: { code: 'BAD_WORKER_KEY' } });
  }
  const socket = await connect();
  const other = await connect('key-2');
  const cut = gone(socket);
  authenticator.workerKeys.delete('key-1');
  authenticator.tell();
  await cut;
  expect(other.connected).toBe(true);
  expect(workers.figures()).toMatchObject({ connectionCount: 1, refusedCount: 2 });
});

test('[WK2] register, changes and heartbeat are answered; a batch sent again adds nothing', async () => {
  const { connect, ask, master } = await open();
  master.commitNow([addedAccount('a')]);
  const socket = await connect();
  const registered = await ask(socket, 'worker:register', hello('w1'));
  expect(parserOf(registerAnswerSchema)(registered)).toMatchObject({ ok: true });
  expect(registered).toMatchObject({ ok: true, epoch: 'epoch-1', assignments: [{ accountId: 'a', leaseToken: 1 }] });
  const stored = await ask(socket, 'worker:changes', batch('b1'));
  expect(parserOf(changesAnswerSchema)(stored)).toMatchObject({ ok: true });
  expect(stored).toEqual({ ok: true, batchId: 'b1', storedCount: 1, duplicateCount: 0, seq: master.head() });
  expect(await ask(socket, 'worker:changes', batch('b1'))).toMatchObject({ storedCount: 0, duplicateCount: 1 });
  const beat = { workerId: 'w1', memoryBytes: 1, outboxCount: 0, accounts: [{ accountId: 'a', leaseToken: 1 }] };
  expect(parserOf(plainAnswerSchema)(await ask(socket, 'worker:heartbeat', beat))).toMatchObject({
    value: { ok: true },
  });
});

test('[WK8] a batch that says when it was kept is measured by its envelope; a Worker of protocol 1 says nothing', async () => {
  const { connect, ask, master, waits } = await open();
  master.commitNow([addedAccount('a')]);
  const socket = await connect();
  expect(await ask(socket, 'worker:register', { ...hello('w1'), protocol: 1 })).toMatchObject({ ok: true });
  expect(await ask(socket, 'worker:changes', batch('b1'))).toMatchObject({ ok: true, storedCount: 1 });
  expect(waits).toEqual([]);
  const kept = { ...batch('b2', 1, '新作品'), keptAt: 1_000 };
  const envelope = { type: 'worker:changes', version: 'v1', payload: kept, timestamp: 1_350 };
  expect(await socket.timeout(5_000).emitWithAck(WORKER_EVENT, envelope)).toMatchObject({ ok: true, storedCount: 1 });
  const upTo = master.head();
  expect(waits).toEqual([{ from: upTo - 1, upTo, keptAt: 1_000, sentAt: 1_350 }]);
});

test('[WK3] what is wrong is refused by name and nothing is stored', async () => {
  const { connect, ask, master } = await open();
  master.commitNow([addedAccount('a')]);
  const socket = await connect();
  const codeOf = async (type: string, payload: unknown): Promise<unknown> => {
    const answer = await ask(socket, type, payload);
    return (answer as { error: { code: string } }).error.code;
  };
  expect(await codeOf('worker:changes', batch('b1'))).toBe('BAD_REQUEST');
  expect(await codeOf('worker:register', { ...hello('w1'), protocol: 99 })).toBe('UNSUPPORTED_PROTOCOL');
  await ask(socket, 'worker:register', hello('w1'));
  const before = master.rows.length;
  expect(await codeOf('worker:register', hello('w2'))).toBe('BAD_REQUEST');
  expect(await codeOf('worker:changes', batch('b1', 2))).toBe('STALE_LEASE');
  expect(await codeOf('worker:changes', { ...batch('b1'), accountId: 'none' })).toBe('ACCOUNT_NOT_FOUND');
  expect(await codeOf('worker:changes', { ...batch('b1'), changes: 'x'.repeat(1_200_000) })).toBe('TOO_LARGE');
  expect(await codeOf('worker:changes', { ...batch('b1'), changes: [addedAccount('z')] })).toBe('BAD_FRAME');
  expect(await codeOf('worker:nothing', {})).toBe('BAD_FRAME');
  expect(master.rows).toHaveLength(before);
});

test('[WK4] registering on a new socket moves everything there; the end of the old one changes nothing', async () => {
  const { connect, ask, master, fleet } = await open();
  master.commitNow([addedAccount('a')]);
  const old = await connect();
  await ask(old, 'worker:register', hello('w1'));
  const cut = gone(old);
  const fresh = await connect();
  const types = heard(fresh);
  await ask(fresh, 'worker:register', hello('w1'));
  await cut;
  await fleet.requestSync(A);
  expect(types).toEqual(['master:sync']);
  expect(fleet.status()).toMatchObject([{ id: 'w1', isConnected: true, accountCount: 1 }]);
});

test('[WK5] a Worker that hangs up is away, and the fleet knows', async () => {
  const { connect, ask, fleet, workers } = await open();
  const socket = await connect();
  await ask(socket, 'worker:register', hello('w1'));
  socket.disconnect();
  await expect.poll(() => fleet.status()[0]?.isConnected).toBe(false);
  expect(workers.figures().connectionCount).toBe(0);
  await expect(fleet.startLogin(A)).rejects.toMatchObject({ code: 'ACCOUNT_NOT_DRIVEN' });
});

test('[WK5] a Worker that hangs up while its leases are made durable is away too', async () => {
  const { connect, master, fleet, workers, ask } = await open();
  const gate = deferred<void>();
  const commit = master.commit.bind(master);
  master.commit = async (changes) => {
    await gate.promise;
    return commit(changes);
  };
  const socket = await connect();
  const asked = ask(socket, 'worker:register', hello('w1')).catch(() => 'gone');
  await expect.poll(() => fleet.status()).toHaveLength(1);
  socket.disconnect();
  await expect.poll(() => workers.figures().connectionCount).toBe(0);
  gate.resolve();
  expect(await asked).toBe('gone');
  await expect.poll(() => fleet.status()[0]?.isConnected).toBe(false);
});

test('[WK6] who waits for no answer, or registers without our protocol, goes to who serves the deployed system’s Workers', async () => {
  const foreign: unknown[] = [];
  const { connect, ask } = await open({
    foreign: {
      keyNameWithoutKey: () => undefined,
      meet: (socket, keyName) => {
        socket.on('join_room', (_room: unknown, ack: (joined: boolean) => void) => ack(true));
        return (envelope) => void foreign.push(keyName, (envelope as { type: string }).type);
      },
    },
  });
  const existing = await connect();
  expect(await existing.emitWithAck('join_room', { room: 'worker:w9' })).toBe(true);
  existing.emit('message', { type: 'worker:register', payload: { worker_id: 'w9' } });
  existing.emit('message', { type: 'worker:heartbeat', payload: {} });
  await existing.emitWithAck('join_room', {});
  expect(foreign).toEqual(['one', 'worker:register', 'one', 'worker:heartbeat']);
  expect(await ask(await connect(), 'worker:register', hello('w1'))).toMatchObject({ ok: true });
});

test('[WK7] whatever arrives is answered from the catalogue, stores nothing and cuts nobody', async () => {
  const { connect, master } = await open();
  master.commitNow([addedAccount('a')]);
  const socket = await connect();
  const envelope = fc
    .record({
      type: fc.constantFrom('worker:register', 'worker:heartbeat', 'worker:changes', 'master:reply', ''),
      version: fc.constantFrom('v1', 'v2'),
      payload: fc.oneof(
        fc.jsonValue({ maxDepth: 2 }),
        fc.constantFrom<unknown>(batch('b'), { ...batch('b'), changes: [{}] }),
      ),
      timestamp: fc.oneof(fc.nat(), fc.string()),
    })
    .filter(({ payload }) => typeof payload !== 'object' || payload === null || !('protocol' in payload));
  await fc.assert(
    fc.asyncProperty(fc.oneof(envelope, fc.jsonValue({ maxDepth: 3 })), async (message) => {
      const answer = await socket.timeout(5_000).emitWithAck(WORKER_EVENT, message);
      expect(answer.ok).toBe(false);
      expect(ERRORS).toHaveProperty(answer.error.code);
    }),
    { numRuns: 200, seed: 77 },
  );
  socket.emit(WORKER_EVENT, 'no callback');
  expect(master.rows).toHaveLength(1);
  expect(socket.connected).toBe(true);
});
