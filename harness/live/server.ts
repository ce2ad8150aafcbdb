/** A page of a live machine: its files and one WebSocket, on loopback, for whoever knows the token. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import sirv from 'sirv';
import { WebSocketServer, type WebSocket } from 'ws';
import { GuestwrightError } from '../../sdk/errors.js';

/** The pages, as they were built. */
export const PAGES = fileURLToPath(new URL('../../console/', import.meta.url));
export const LOOPBACK = '127.0.0.1';

/** Bytes of one message of a page. */
const LONGEST_MESSAGE = 256 * 1024;

export interface LiveServer extends AsyncDisposable {
  /** With the token, which is all that is needed: who has the address has the machine. */
  url: string;
}

export interface LiveServerOptions {
  /** File of the page. */
  page: string;
  /** 0: any that is free. */
  port: number;
  /** A page has connected. */
  onPage: (socket: WebSocket) => void;
}

/**
 * @throws GuestwrightError `usage/port-taken`
 */
export async function serveLive({ page, port, onPage }: LiveServerOptions): Promise<LiveServer> {
  const token = randomBytes(24).toString('base64url');
  const assets = sirv(PAGES, { dev: false });
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    if (!isLocal(request.headers.host)) {
      response.writeHead(403).end();
      return;
    }
    assets(request, response, () => void response.writeHead(404).end());
  });
  const sockets = new WebSocketServer({ noServer: true, maxPayload: LONGEST_MESSAGE });
  server.on('upgrade', (request, stream, head) => {
    if (!mayConnect(request, token)) {
      stream.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, stream, head, onPage);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? portTaken(port) : error),
    );
    server.listen(port, LOOPBACK, resolve);
  });
  const { port: given } = server.address() as AddressInfo;
  return {
    // What follows the hash is sent to no server and is in no log.
    url: `http://${LOOPBACK}:${given}/${page}#${token}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A page of somebody else's that has made its name mean this machine gets nothing. */
export function isLocal(host: string | undefined): boolean {
  return /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host ?? '');
}

/** Any page of the browser could ask: only one that came from here, and knows the token, is answered. */
function mayConnect({ headers, url }: IncomingMessage, token: string): boolean {
  if (!isLocal(headers.host) || headers.origin !== `http://${headers.host ?? ''}`) return false;
  const { pathname, searchParams } = new URL(url ?? '/', `http://${LOOPBACK}`);
  const given = Buffer.from(searchParams.get('token') ?? '');
  const expected = Buffer.from(token);
  return pathname === '/live' && given.length === expected.length && timingSafeEqual(given, expected);
}

export function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new GuestwrightError(`"${text}" is no port`, {
    kind: 'usage',
    code: 'port-invalid',
    expected: 'a number from 1 to 65535',
    seen: text,
    next: 'leave --port out for one that is free',
  });
}

export function portTaken(port: number): GuestwrightError {
  return new GuestwrightError(`The port ${port} is taken`, {
    kind: 'usage',
    code: 'port-taken',
    expected: 'a port that nobody listens on',
    seen: String(port),
    next: 'leave --port out for one that is free',
  });
}
