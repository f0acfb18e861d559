import type { ClientDown } from '@hiscrm/shared/protocol/client-link.ts';
import { CLOSE } from '@hiscrm/shared/protocol/close-codes.ts';
import type { OpenWire, WireEvents } from '../transport/wire.ts';
import type { ScriptedMaster } from './scripted-master.ts';
import { ScriptedSession, type SessionOptions } from './scripted-session.ts';

type Line = {
  readonly events: WireEvents;
  readonly session: ScriptedSession;
  readonly up: string[];
  readonly down: string[];
  isOpen: boolean;
  isEnded: boolean;
};

/**
 * Wires to a `ScriptedMaster` inside the process. Nothing moves by itself: a test delivers frames one by one in either
 * direction, breaks the line between any two, or loses a frame.
 */
export class ScriptedNetwork {
  readonly #master: ScriptedMaster;
  readonly #options: Omit<SessionOptions, 'master' | 'send'>;
  #line: Line | undefined;
  /** Connections that were attempted. */
  attemptCount = 0;
  isReachable = true;

  constructor(master: ScriptedMaster, options: Omit<SessionOptions, 'master' | 'send'>) {
    this.#master = master;
    this.#options = options;
  }

  readonly openWire: OpenWire = (events) => {
    this.attemptCount += 1;
    this.#end();
    const down: string[] = [];
    const send = (frame: ClientDown): void => void down.push(JSON.stringify(frame));
    const session = new ScriptedSession({ ...this.#options, master: this.#master, send });
    const line: Line = { events, session, up: [], down, isOpen: false, isEnded: false };
    this.#line = line;
    return {
      send: (text) => void line.up.push(text),
      close: () => {
        line.isEnded = true;
        session.close();
      },
    };
  };

  /** Moves one frame towards the server (or finishes the connect); false when there is nothing to move. */
  deliverUp(): boolean {
    const line = this.#line;
    if (!line || line.isEnded) return false;
    if (!line.isOpen) {
      if (!this.isReachable) {
        this.#break(CLOSE.serverRestarting);
        return true;
      }
      line.isOpen = true;
      line.events.onOpen();
      return true;
    }
    const text = line.up.shift();
    if (text === undefined) return false;
    line.session.receive(text);
    return true;
  }

  /** Moves one frame towards the client; false when there is nothing to move. */
  deliverDown(): boolean {
    const line = this.#line;
    const text = line?.isEnded ? undefined : line?.down.shift();
    if (text === undefined) return false;
    line?.events.onText(text);
    return true;
  }

  /** Loses the next frame towards the client that matches: the client must notice. */
  dropDown(type: ClientDown['type']): void {
    const down = this.#line?.down ?? [];
    const index = down.findIndex((text) => text.startsWith(`{"type":"${type}"`));
    if (index >= 0) down.splice(index, 1);
  }

  /** Moves everything until nothing moves. */
  settle(): void {
    while (this.deliverUp() || this.deliverDown());
  }

  /** Cuts the line; frames under way in both directions are lost. */
  cut(code: number = CLOSE.serverRestarting): void {
    this.#break(code);
  }

  #break(code: number): void {
    const line = this.#line;
    if (!line || line.isEnded) return;
    this.#end();
    line.events.onClosed(code, '');
  }

  #end(): void {
    if (!this.#line) return;
    this.#line.isEnded = true;
    this.#line.session.close();
    this.#line = undefined;
  }
}
