import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import type { Epoch, Seq } from '@hiscrm/shared/model/ids.ts';
import type { ClientDown } from '@hiscrm/shared/protocol/client-link.ts';
import { CLOSE } from '@hiscrm/shared/protocol/close-codes.ts';
import { expect, test } from 'vitest';
import type { WireEvents } from '../transport/wire.ts';
import type { Connection } from './connection.ts';
import { LINK_TIMES, Link } from './link.ts';

const WELCOME: ClientDown = {
  type: 'welcome',
  protocol: 1,
  connectionId: 'c1',
  epoch: 'e1' as Epoch,
  user: { id: 'u1', username: 'lin', role: 'operator' },
  serverTime: 1_773_280_805_000,
  heartbeatMs: 20_000,
  serverVersion: '1.0.0',
};

/** A link whose wire is the test itself. */
class Bench {
  readonly clock = new FakeClock();
  readonly sent: string[] = [];
  readonly states: Connection['kind'][] = [];
  position: { readonly epoch: Epoch; readonly seq: Seq } | undefined;
  isFrameGood = true;
  openCount = 0;
  closeCount = 0;
  events: WireEvents | undefined;
  readonly link = new Link({
    clock: this.clock,
    identity: { name: 'test', version: '1' },
    openWire: (events) => {
      this.openCount += 1;
      this.events = events;
      return {
        send: (text) => void this.sent.push(text),
        close: () => {
          this.closeCount += 1;
        },
      };
    },
    handlers: {
      noticeOffset: () => undefined,
      position: () => this.position,
      onWelcome: () => undefined,
      onFrame: () => this.isFrameGood,
      onState: ({ kind }) => void this.states.push(kind),
    },
  });

  receive(frame: ClientDown): void {
    this.events?.onText(JSON.stringify(frame));
  }

  goLive(): void {
    this.link.connect();
    this.events?.onOpen();
    this.receive(WELCOME);
  }
}

test('[PC2] says hello with its place, is live after the welcome, and knows who is there', () => {
  const bench = new Bench();
  bench.position = { epoch: 'e1' as Epoch, seq: 7 as Seq };
  bench.goLive();
  expect(JSON.parse(bench.sent[0] ?? '')).toMatchObject({ type: 'hello', resume: { epoch: 'e1', seq: 7 } });
  expect(bench.link.state).toMatchObject({
    kind: 'live',
    user: { username: 'lin', role: 'operator' },
    clockSkewMs: 5_000,
  });
  expect(bench.states).toEqual(['connecting', 'live']);
});

test('[PC2] a server that does not answer is given up, and waits grow up to the cap', () => {
  const bench = new Bench();
  bench.link.connect();
  const waits: number[] = [];
  for (let round = 0; round < 12; round++) {
    bench.clock.advance(LINK_TIMES.connectMs);
    const { state } = bench.link;
    if (state.kind !== 'waiting') throw new Error(`expected to wait, but ${state.kind}`);
    expect(state.reason).toBe('unreachable');
    waits.push(state.retryAt - bench.clock.now());
    bench.clock.advance(state.retryAt - bench.clock.now());
  }
  expect(Math.max(...waits)).toBeLessThanOrEqual(LINK_TIMES.retryCapMs);
  expect(waits.at(-1)).toBeGreaterThan(waits[0] ?? 0);
});

test('[PC2] a connection that falls silent is dropped, and one that beats is not', () => {
  const bench = new Bench();
  bench.goLive();
  for (let beat = 0; beat < 5; beat++) {
    bench.clock.advance(20_000);
    bench.receive({ type: 'pong' });
  }
  expect(bench.link.state.kind).toBe('live');
  bench.clock.advance(LINK_TIMES.silenceMs);
  expect(bench.link.state).toMatchObject({ kind: 'waiting', reason: 'heartbeatMissed' });
  expect(bench.closeCount).toBe(1);
});

test('[PC2] latency is the way of a ping and its pong', () => {
  const bench = new Bench();
  bench.goLive();
  bench.clock.advance(42);
  bench.receive({ type: 'pong' });
  expect(bench.link.state).toMatchObject({ latencyMs: 42 });
});

test.each([
  [CLOSE.notLoggedIn, 'notLoggedIn'],
  [CLOSE.sessionRevoked, 'sessionRevoked'],
  [CLOSE.unsupportedProtocol, 'unsupportedProtocol'],
])('[PC3] code %i needs a person: no further attempt until start', (code, reason) => {
  const bench = new Bench();
  bench.goLive();
  bench.events?.onClosed(code, '');
  expect(bench.link.state).toEqual({ kind: 'refused', reason, code });
  bench.clock.advance(3_600_000);
  expect(bench.openCount).toBe(1);
  bench.link.connect();
  expect(bench.openCount).toBe(2);
});

test('[PC3] the server says when to come back', () => {
  const bench = new Bench();
  bench.goLive();
  bench.receive({ type: 'bye', code: CLOSE.serverRestarting, reason: '', reconnectAfterMs: 1_234 });
  bench.events?.onClosed(CLOSE.serverRestarting, '');
  expect(bench.link.state).toMatchObject({ kind: 'waiting', reason: 'serverRestarting' });
  bench.clock.advance(1_233);
  expect(bench.openCount).toBe(1);
  bench.clock.advance(1);
  expect(bench.openCount).toBe(2);
});

test('[PC3] a frame that does not fit starts over at once the first time, and with a wait after that', () => {
  const bench = new Bench();
  bench.goLive();
  bench.events?.onText('{"type":"nonsense"}');
  bench.clock.advance(0);
  expect(bench.openCount).toBe(2);
  bench.events?.onOpen();
  bench.receive(WELCOME);
  bench.isFrameGood = false;
  bench.receive({ type: 'reset', reason: 'tooOld' });
  bench.clock.advance(0);
  expect(bench.openCount).toBe(2);
  bench.clock.advance(LINK_TIMES.retryCapMs);
  expect(bench.openCount).toBe(3);
});

test('[PC3] closed is closed: nothing is left behind, and late events do nothing', () => {
  const bench = new Bench();
  bench.goLive();
  const { events } = bench;
  bench.link.close();
  bench.link.close();
  expect(bench.clock.pendingCount).toBe(0);
  events?.onText(JSON.stringify(WELCOME));
  events?.onClosed(1006, '');
  bench.link.connect();
  expect(bench.link.state).toEqual({ kind: 'closed' });
  expect(bench.openCount).toBe(1);
});
