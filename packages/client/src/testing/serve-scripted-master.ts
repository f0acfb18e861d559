import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { CLIENT_PATH, CLIENT_SUBPROTOCOL } from '@hiscrm/shared/protocol/client-link.ts';
import type { ErrorCode } from '@hiscrm/shared/protocol/errors.ts';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ScriptedMaster } from './scripted-master.ts';
import { ScriptedSession, type SessionOptions } from './scripted-session.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};
/** The policy that the Master sends with its page: what breaks it must break tests. */
const POLICY =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' https: data: blob:; " +
  "connect-src 'self' ws: wss:; object-src 'none'; base-uri 'self'";

/** A scripted Master that a browser can use: the built web client, a user who is logged in, and the socket. */
export type ScriptedServer = {
  readonly url: string;
  /** Connections that are open. */
  readonly connectionCount: () => number;
  /** Ends every connection with this close code. */
  readonly cut: (code: number) => void;
  /** New connections are refused until it is called with true. */
  readonly setReachable: (isReachable: boolean) => void;
  /** Commands are refused with this error from here on; undefined ends it. */
  readonly refuseWith: (code: ErrorCode | undefined) => void;
  readonly close: () => Promise<void>;
};

export async function serveScriptedMaster(options: {
  readonly master: ScriptedMaster;
  /** The folder of the built web client. */
  readonly webDir: string;
  readonly role?: 'viewer' | 'operator' | 'admin';
}): Promise<ScriptedServer> {
  const role = options.role ?? 'admin';
  const user = { id: 'user-1', username: 'lin', role };
  const sockets = new Set<WebSocket>();
  let isReachable = true;
  let refusal: ErrorCode | undefined;
  const server = createServer((request, response) => void answer(request, response, options.webDir, user));
  const wss = new WebSocketServer({ noServer: true, handleProtocols: () => CLIENT_SUBPROTOCOL });
  server.on('upgrade', (request, socket, head) => {
    if (!isReachable || request.url !== CLIENT_PATH) {
      socket.destroy();
      return;
    }
    wss.handleUpgrade(request, socket, head, (ws) => {
      sockets.add(ws);
      serve(ws, { master: options.master, user, now: () => Date.now(), refuse: () => refusal }, () =>
        sockets.delete(ws),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // a TCP server that listens
  return {
    url: `http://127.0.0.1:${port}/`,
    connectionCount: () => sockets.size,
    cut: (code) => {
      for (const ws of sockets) ws.close(code);
    },
    setReachable: (value) => {
      isReachable = value;
    },
    refuseWith: (code) => {
      refusal = code;
    },
    close: async () => {
      for (const ws of sockets) ws.terminate();
      wss.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function serve(ws: WebSocket, options: Omit<SessionOptions, 'send'>, onClosed: () => void): void {
  const session = new ScriptedSession({ ...options, send: (frame) => ws.send(JSON.stringify(frame)) });
  ws.on('message', (data) => session.receive(String(data)));
  ws.on('close', () => {
    session.close();
    onClosed();
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  webDir: string,
  user: { readonly id: string; readonly username: string; readonly role: string },
): Promise<void> {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  if (path.startsWith('/api/auth/')) {
    const body = JSON.stringify({
      user: { ...user, grants: 'all', mustChangePassword: false },
      token: 't',
      expiresAt: 0,
    });
    response.writeHead(200, { 'content-type': 'application/json' }).end(body);
    return;
  }
  const name = /^\/[\w.-]+$|^\/assets\/[\w.-]+$/.test(path) ? path : '/index.html';
  const content = await readFile(join(webDir, name)).catch(() => undefined);
  if (!content) response.writeHead(404).end();
  else
    response
      .writeHead(200, {
        'content-type': TYPES[extname(name)] ?? 'application/octet-stream',
        'content-security-policy': POLICY,
      })
      .end(content);
}
