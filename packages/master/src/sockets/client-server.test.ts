import { request } from 'node:http';
import { must } from '@hiscrm/shared/lib/must.ts';
import type { Change } from '@hiscrm/shared/model/change.ts';
import type { AccountId, TopicId } from '@hiscrm/shared/model/ids.ts';
import { CLIENT_PATH, CLIENT_SUBPROTOCOL } from '@hiscrm/shared/protocol/client-link.ts';
import { ERRORS } from '@hiscrm/shared/protocol/errors.ts';
import { CLIENT_PROTOCOL } from '@hiscrm/shared/protocol/version.ts';
import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { openClientWorld } from './testing/client-world.ts';

const A = 'acc-a' as AccountId;
const B = 'acc-b' as AccountId;
const added = (accountId: AccountId): Change => ({
  kind: 'account.added',
  accountId,
  platform: 'douyin',
  name: 'n',
  at: 1,
});
const seen = (accountId: AccountId, id: string): Change => ({
  kind: 'content.observed',
  accountId,
  facts: { id: id as TopicId, title: '你好 😀', source: 'api', observedAt: 1 },
});

let world: Awaited<ReturnType<typeof openClientWorld>>;
const open = async (...options: Parameters<typeof openClientWorld>): Promise<typeof world> => {
  world = await openClientWorld(...options);
  return world;
};
afterEach(() => world.close());

/** The answer to an upgrade that is refused: status and error code. */
function refusedUpgrade(headers: Record<string, string>, path: string = CLIENT_PATH): Promise<[number, unknown]> {
  return new Promise((resolve, reject) => {
    const sent = request({
      port: world.port,
      path,
      headers: {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
        'Sec-WebSocket-Protocol': CLIENT_SUBPROTOCOL,
        ...headers,
      },
    });
    sent.on('response', (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      response.on('end', () => resolve([response.statusCode ?? 0, JSON.parse(body).error.code]));
    });
    sent.on('upgrade', () => reject(new Error('it was accepted')));
    sent.on('error', reject);
    sent.end();
  });
}

test('[CL1] hello gives welcome and snapshot, then rows as they become durable', async () => {
  const { master, connect } = await open();
  master.commitNow([added(A)]);
  const client = await connect();
  client.hello();
  expect(await client.next('welcome')).toMatchObject({ protocol: 1, epoch: 'epoch-1', user: { username: 'root' } });
  expect(await client.next('snapshot')).toMatchObject({ seq: 1, accounts: [{ record: { id: A } }] });
  master.commitNow([seen(A, '9007199254740993')]);
  const changes = await client.next('changes');
  expect(changes.rows).toEqual([master.rows[1]].map((row) => ({ seq: 2, at: row?.at, change: row?.change })));
});

test('[CL16] what a page has drawn is heard after the hello, never past what is durable, and not answered', async () => {
  const { master, connect, shown, clock } = await open();
  master.commitNow([added(A)]);
  const client = await connect();
  client.send({ type: 'shown', upTo: 1, agoMs: 0 });
  expect(await client.next('refused')).toMatchObject({ error: { code: 'BAD_FRAME' } });
  client.hello();
  client.send({ type: 'shown', upTo: 1, agoMs: 20 });
  client.send({ type: 'shown', upTo: 99, agoMs: 0 });
  client.send({ type: 'ping' });
  await client.next('pong');
  const now = clock.now();
  expect(shown.map(({ upTo, at, since }) => [upTo, at, since])).toEqual([
    [1, now - 20, now],
    [1, now, now],
  ]);
  expect(client.frames.map(({ type }) => type).sort()).toEqual(['pong', 'refused', 'snapshot', 'welcome']);
});

test('[CL2] a client that reports its place gets what it missed and no snapshot', async () => {
  const { master, connect } = await open();
  master.commitNow([added(A), seen(A, '1'), seen(A, '2')]);
  const client = await connect();
  client.hello({ epoch: master.epoch, seq: 1 });
  expect((await client.next('changes')).rows.map(({ seq }) => seq)).toEqual([2, 3]);
  expect(client.frames.map(({ type }) => type)).toEqual(['welcome', 'changes']);
});

test('[CL3] upgrades without login, from a foreign page, without our subprotocol or too many are refused in plain HTTP', async () => {
  const { authenticator, connect, server, clock } = await open({ connectionsPerUserCount: 1, connectionCount: 2 });
  authenticator.login('op', 'operator');
  const token = { Authorization: 'Bearer root' };
  expect(await refusedUpgrade({})).toEqual([401, 'NOT_LOGGED_IN']);
  expect(await refusedUpgrade({ Cookie: 'hiscrm_session=wrong' })).toEqual([401, 'NOT_LOGGED_IN']);
  expect(await refusedUpgrade({ ...token, Origin: 'https://evil.example' })).toEqual([403, 'BAD_ORIGIN']);
  expect(await refusedUpgrade({ ...token, 'Sec-WebSocket-Protocol': 'other' })).toEqual([400, 'UNSUPPORTED_PROTOCOL']);
  await connect('op');
  expect(await refusedUpgrade({ Authorization: 'Bearer op' })).toEqual([429, 'TOO_MANY']);
  await connect();
  expect(await refusedUpgrade(token)).toEqual([503, 'OVERLOADED']);
  expect(server.figures()).toMatchObject({ connectionCount: 2, userCount: 2, refusedCount: 6 });
  expect(clock.pendingCount).toBe(1);
});

test('[CL4] an answer is never behind the rows before it, and rows up to it stand before it', async () => {
  const { master, connect } = await open();
  master.commitNow([added(A), seen(A, '1')]);
  const client = await connect();
  client.hello();
  await client.next('snapshot');
  client.send({ type: 'query', id: 7, name: 'topics', params: { accountId: A, kind: 'content', limit: 10 } });
  const answer = await client.next('answer');
  expect(answer).toMatchObject({ id: 7, asOf: 2 });
  const topics = master.store.topics.bind(master.store);
  master.store.topics = (params) => {
    master.commitNow([seen(A, '2')]); // a row of the very turn that answers
    return topics(params);
  };
  client.send({ type: 'query', id: 6, name: 'topics', params: { accountId: A, kind: 'content', limit: 10 } });
  expect(await client.next('answer')).toMatchObject({ id: 6, asOf: 3 });
  expect(client.frames.at(-2)).toMatchObject({ type: 'changes', upTo: 3 });
  client.send({
    type: 'command',
    id: 8,
    key: 'key-0000',
    name: 'addAccount',
    params: { platform: 'douyin', name: 'x' },
  });
  const done = await client.next('done');
  const types = client.frames.map((frame) => (frame.type === 'changes' ? `changes ${frame.upTo}` : frame.type));
  expect(types.indexOf('changes 4')).toBeLessThan(types.indexOf('done'));
  expect(done).toMatchObject({ id: 8, result: { seq: 4 } });
});

test('[CL5] an account that may not be seen and one that does not exist are answered alike', async () => {
  const { master, connect, authenticator } = await open();
  master.commitNow([added(A), added(B)]);
  authenticator.login('op', 'operator', [A]);
  const client = await connect('op');
  client.hello();
  for (const [id, accountId] of [B, 'acc-none'].entries()) {
    client.send({ type: 'query', id: id + 1, name: 'topics', params: { accountId, kind: 'content', limit: 10 } });
    expect(await client.next('refused')).toMatchObject({ id: id + 1, error: { code: 'ACCOUNT_NOT_FOUND' } });
  }
  client.send({ type: 'command', id: 9, key: 'key-0001', name: 'removeAccount', params: { accountId: A } });
  expect(await client.next('refused')).toMatchObject({ id: 9, error: { code: 'FORBIDDEN' } });
  expect(master.rows).toHaveLength(2);
});

test('[CL6] a revoked session is cut at once, changed grants start again from a snapshot', async () => {
  const { master, connect, authenticator } = await open();
  master.commitNow([added(A), added(B)]);
  authenticator.login('op', 'operator', [A]);
  const client = await connect('op');
  client.hello();
  await client.next('snapshot');
  authenticator.login('op', 'operator', [B]);
  expect(await client.next('reset')).toEqual({ type: 'reset', reason: 'grantsChanged' });
  expect(await client.next('snapshot')).toMatchObject({ accounts: [{ record: { id: B } }] });
  authenticator.principals.delete('op');
  authenticator.tell();
  expect(await client.next('bye')).toMatchObject({ code: 4503, reason: 'sessionRevoked' });
  expect(await client.closed).toBe(4503);
});

test('[CL7] ten unreadable frames within a minute close the socket, fewer do not', async () => {
  const { connect, clock } = await open({ goneAfterMs: 1e12 });
  const client = await connect();
  client.hello();
  for (let n = 0; n < 9; n++) client.send('{');
  for (let n = 0; n < 9; n++) expect((await client.next('refused')).error.code).toBe('BAD_FRAME');
  clock.advance(59_000);
  client.send({ type: 'ping' });
  await client.next('pong');
  clock.advance(1_000);
  client.send('[]');
  await client.next('refused');
  for (let n = 0; n < 9; n++) client.send({ type: 'hello' });
  expect(await client.closed).toBe(4003);
});

test('[CL8] a silent socket is closed: without a hello, and without a heartbeat', async () => {
  const { connect, clock } = await open();
  const mute = await connect();
  const client = await connect();
  client.hello();
  await client.next('snapshot');
  clock.advance(10_000);
  expect(await mute.closed).toBe(4003);
  client.ws.pause(); // its machine neither reads nor hangs up
  clock.advance(26_000);
  client.ws.resume();
  expect(await client.closed).toBe(4004);
});

test('[CL8] a socket that answers pings stays, however long it says nothing', async () => {
  const { connect, clock, server } = await open();
  const client = await connect();
  client.hello();
  await client.next('snapshot');
  let pingCount = 0;
  client.ws.on('ping', () => pingCount++);
  for (let n = 1; n <= 5; n++) {
    clock.advance(9_000);
    await vi.waitFor(() => expect(pingCount).toBeGreaterThanOrEqual(n));
  }
  expect(server.figures().connectionCount).toBe(1);
});

test('[CL9] an unsupported protocol is told and not reconnected', async () => {
  const { connect } = await open();
  const client = await connect();
  client.send({ type: 'hello', protocol: 0, client: { name: 't', version: '1' } });
  expect((await client.next('refused')).error.code).toBe('BAD_FRAME');
  client.send({ type: 'hello', protocol: 99, client: { name: 't', version: '1' } });
  expect((await client.next('welcome')).protocol).toBe(CLIENT_PROTOCOL);
});

test('[CL10] a frame over the limit, a binary one and a flood are refused by name', async () => {
  const { connect } = await open({ frameBurstCount: 20, badFrameCount: 1_000 });
  const client = await connect();
  client.hello();
  client.send(JSON.stringify({ type: 'ping', pad: 'x'.repeat(70_000) }));
  expect((await client.next('refused')).error).toMatchObject({ code: 'TOO_LARGE', details: { limitBytes: 65_536 } });
  client.ws.send(Buffer.from('{"type":"ping"}'));
  expect((await client.next('refused')).error.code).toBe('BAD_FRAME');
  for (let n = 0; n < 30; n++) client.send({ type: 'ping' });
  expect((await client.next('refused')).error.code).toBe('TOO_MANY');
});

test('[CL17] what is refused for its rate is refused by its id: nobody waits for an answer that never comes', async () => {
  const { connect } = await open({ frameBurstCount: 1, framesPerSecond: 0.001 });
  const client = await connect();
  client.hello();
  client.send({ type: 'query', id: 7, name: 'unreadItems', params: {} });
  expect(await client.next('refused')).toMatchObject({ id: 7, error: { code: 'TOO_MANY', retry: 'later' } });
  client.send('{"type":"query","id":8');
  expect(await client.next('refused')).not.toHaveProperty('id');
});

test('[CL17] what is refused for its size is refused by its id', async () => {
  const { connect } = await open();
  const client = await connect();
  client.hello();
  const text = 'x'.repeat(70_000);
  client.send({ type: 'command', id: 9, key: 'k', name: 'sendReply', params: { text } });
  expect(await client.next('refused')).toMatchObject({ id: 9, error: { code: 'TOO_LARGE', retry: 'never' } });
});

test('[CL11] a closing server says when to come back, refuses newcomers and leaves nothing', async () => {
  const { connect, server, clock, authenticator, httpServer } = await open();
  const client = await connect();
  client.hello();
  await client.next('snapshot');
  await Promise.all([server.close(), server.close()]);
  expect(await client.next('bye')).toMatchObject({ code: 4001, reconnectAfterMs: expect.any(Number) });
  expect(await client.closed).toBe(4001);
  expect([clock.pendingCount, authenticator.listenerCount, httpServer.listenerCount('upgrade')]).toEqual([0, 0, 0]);
});

test('[CL12] a socket that does not hang up is cut when the server closes', async () => {
  const { connect, server, clock } = await open();
  const client = await connect();
  client.ws.pause();
  const closed = server.close();
  clock.advance(3_000);
  await closed;
  expect(server.figures().connectionCount).toBe(0);
});

const json = fc.json({ maxDepth: 3 });
const mutated = fc
  .record({
    base: fc.constantFrom<Record<string, unknown>>(
      { type: 'hello', protocol: 1, client: { name: 'x', version: '1' } },
      { type: 'query', id: 1, name: 'items', params: { topic: { accountId: A, kind: 'content', id: '1' }, limit: 5 } },
      { type: 'command', id: 2, key: 'key-12345', name: 'removeAccount', params: { accountId: A } },
      { type: 'ping' },
    ),
    key: fc.constantFrom('type', 'id', 'name', 'params', 'key', 'protocol', 'client', 'extra'),
    value: fc.jsonValue({ maxDepth: 2 }),
  })
  .map(({ base, key, value }) => JSON.stringify({ ...base, [key]: value === base[key] ? 'other' : value }));

test('[CL13] whatever text arrives, the answer is a frame, errors are in the catalogue and nothing changes', async () => {
  const { connect, master } = await open({ badFrameCount: 1e9, frameBurstCount: 1e9, framesPerSecond: 1e9 });
  master.commitNow([added(A)]);
  const client = await connect();
  await fc.assert(
    fc.asyncProperty(fc.oneof(json, mutated, fc.string()), async (text) => {
      client.send(text);
      client.send('{"type":"ping"}');
      await client.next('pong');
      expect(client.ws.readyState).toBe(client.ws.OPEN);
    }),
    { numRuns: 300, seed: 20_260_311 },
  );
  for (const frame of client.frames) if (frame.type === 'refused') expect(ERRORS).toHaveProperty(frame.error.code);
  expect(master.rows).toHaveLength(1);
  expect(must(client.frames.at(-1), 'there').type).toBe('pong');
});
