import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { encodeJson, type JsonObject } from '../lib/encode-json.ts';
import { chatBubble, chatRow, storeConversation, storeMessage, storeMessageAlt, storeUser } from '../serialise/im.ts';
import { noticeObject } from '../serialise/notice.ts';
import type { AccountWorld } from '../world/account-world.ts';
import type { WorldEvent } from '../world/model.ts';
import { faultSite, type Site } from './site.ts';

export const PUSH_PATH = '/__sim_push';
/** A page that does not read is cut off rather than buffered for. */
const MAX_BUFFERED_BYTES = 8 * 1024 * 1024;
/** Close codes of the push channel. */
const CLOSE_SESSION_GONE = 4401;
const CLOSE_ORDERED = 4000;
/** Unread counters of the bell, by notice kind. */
const UNREAD_KEYS = { comment: '7', digg: '8', follow: '9', system: '10' } as const;

/**
 * The simulator's own channel from server to pages: it fills the page state, as the platform's binary websocket does there.
 * Adapters are not meant to read it.
 */
export class PushHub {
  readonly #site: () => Site;
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #sockets = new Map<WebSocket, string>();

  constructor(site: () => Site) {
    this.#site = site;
  }

  get socketCount(): number {
    return this.#sockets.size;
  }

  /** Takes over an upgrade request; refuses it without a session. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const site = this.#site();
    const account = site.accountOf(site.sessions.find(request.headers.cookie));
    const path = new URL(request.url ?? '/', 'http://host').pathname;
    const isDropped =
      account !== undefined && site.faults.take(['ws_drop'], faultSite('GET', path, new Map(), account)) !== undefined;
    if (path !== PUSH_PATH || !account || isDropped) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (ws) => {
      this.#sockets.set(ws, account.uid);
      ws.on('close', () => this.#sockets.delete(ws));
      ws.on('error', () => ws.terminate());
      ws.send(encodeJson({ kind: 'hello', flags: this.flags(account) }));
    });
  }

  /** Sends a frame to every page of an account, subject to ordered loss and duplication. */
  send(accountUid: string, frame: JsonObject): void {
    const account = this.#site().world.account(accountUid);
    if (!account) return;
    const { faults } = this.#site();
    const site = faultSite('GET', PUSH_PATH, new Map(), account);
    if (faults.take(['ws_gap'], site)) return;
    const copies = faults.take(['ws_dup'], site) ? 2 : 1;
    const text = encodeJson(frame, { noise: this.#site().random });
    for (const [ws, uid] of this.#sockets) {
      if (uid !== accountUid) continue;
      for (let copy = 0; copy < copies; copy += 1) ws.send(text);
      if (ws.bufferedAmount > MAX_BUFFERED_BYTES) ws.terminate();
    }
  }

  /** Cuts every page: their sessions are gone. */
  cutAll(): void {
    for (const ws of this.#sockets.keys()) ws.close(CLOSE_SESSION_GONE);
  }

  publish(event: WorldEvent): void {
    const account = this.#site().world.account(event.accountUid);
    const isWatched = account !== undefined && [...this.#sockets.values()].includes(account.uid);
    if (isWatched) this.send(account.uid, this.#frame(event, account));
  }

  /** Tells pages about ordered page faults, and cuts those that shall be dropped. */
  refresh(): void {
    const site = this.#site();
    for (const [ws, uid] of this.#sockets) {
      const account = site.world.account(uid);
      if (!account) ws.close(CLOSE_SESSION_GONE);
      else if (site.faults.peek('ws_drop', [account.key, uid])) ws.close(CLOSE_ORDERED);
      else ws.send(encodeJson({ kind: 'flags', flags: this.flags(account) }));
    }
  }

  /** Cuts the pages of an account whose session ended. */
  cut(accountUid: string): void {
    for (const [ws, uid] of this.#sockets) if (uid === accountUid) ws.close(CLOSE_SESSION_GONE);
  }

  close(): void {
    for (const ws of this.#sockets.keys()) ws.terminate();
    this.#sockets.clear();
    this.#server.close();
  }

  /** What a page must know of the faults that live in it. */
  flags(account: AccountWorld): JsonObject {
    const { faults } = this.#site();
    const keys = [account.key, account.uid];
    const lag = faults.peek('header_lag', keys);
    const rename = faults.peek('store_rename', keys);
    return {
      headerLagMs: lag ? (lag.delayMs ?? 1500) : 0,
      renamedField: rename ? (rename.field ?? 'imStore') : '',
    };
  }

  #frame(event: WorldEvent, account: AccountWorld): JsonObject {
    const site = this.#site();
    switch (event.kind) {
      case 'message':
      case 'message_changed': {
        const { conversation, message } = event;
        const isAlt = site.options.variant.messages === 'alt';
        return {
          kind: event.kind,
          isInbound: message.sender.uid !== account.uid,
          message: storeMessage(message, conversation),
          listed: isAlt ? storeMessageAlt(message, conversation, site.media) : storeMessage(message, conversation),
          conversation: storeConversation(conversation, account.brand),
          user: storeUser(conversation.peer, site.media),
          row: chatRow(conversation, account.brand),
          isStranger: conversation.isStranger,
          bubble: chatBubble(message, conversation, account.uid, site.media),
        };
      }
      case 'conversation_read':
        return { kind: event.kind, conversation: storeConversation(event.conversation, account.brand) };
      case 'comment':
      case 'digg':
      case 'follow':
      case 'system':
        return {
          kind: 'notice',
          notice: noticeObject(event, account.brand, site.media),
          unreadKey: UNREAD_KEYS[event.kind],
        };
    }
  }
}
