/**
 * `guestwright machine vnc`: viewers of this computer connect here, and each is passed on to the machine's host over a
 * WebSocket of its own. Who a viewer is, is agreed on here: the host knows only the token.
 */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, statSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { userInfo } from 'node:os';
import { dirname, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import WebSocket, { createWebSocketStream } from 'ws';
import { GuestwrightError } from '../../../sdk/errors.js';
import { converse } from '../../../sdk/rfb/converse.js';
import { enter, welcome } from '../../../sdk/rfb/handshake.js';
import { PASSWORD_CHARACTERS } from '../../../sdk/rfb/vnc-password.js';
import { LOOPBACK, parsePort, portTaken } from '../../live/server.js';
import { HostClient } from '../../server/api/client.js';
import { reachOf, type Reach } from '../../server/host/default-folder.js';

export interface VncFlags {
  host?: string;
  port?: string;
  socket?: string;
  viewOnly?: boolean;
}

/** Without characters that look like others: people type it. */
const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/**
 * Until Ctrl+C, or SIGTERM.
 * @throws GuestwrightError `usage/port-taken`, `usage/socket-taken`, `usage/socket-folder-open`, and what the host says of the machine
 */
export async function serveVnc(machine: string, flags: VncFlags): Promise<void> {
  const { port, socket, viewOnly = false } = flags;
  if (port !== undefined && socket !== undefined) throw eitherOr();
  const reach = await reachOf(flags.host);
  // Whether it is there, runs and may be read is said now rather than to the first viewer.
  await new HostClient(reach.url, reach.token).call('describeControl', { params: { name: machine } });
  const password = socket === undefined ? makePassword() : null;
  const clients = new Set<Socket>();
  const server = createServer({ pauseOnConnect: true }, (client) => {
    clients.add(client);
    client.once('close', () => clients.delete(client));
    client.on('error', () => client.destroy());
    serve(client, { reach, machine, password, viewOnly }).catch((error: unknown) => {
      client.destroy();
      process.stderr.write(`A viewer was not served: ${error instanceof Error ? error.message : String(error)}\n`);
    });
  });
  if (socket !== undefined) await listenAt(server, resolve(socket));
  else await listenOn(server, port === undefined ? 0 : parsePort(port));
  const told = new Promise<void>((done) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done());
  });
  if (password === null) say(`${machine} is at ${resolve(socket ?? '')}, for you alone. Ctrl+C ends this.`);
  else {
    const { port: given } = server.address() as AddressInfo;
    say(`${machine} is at ${LOOPBACK}:${given}. Password: ${password}`);
    say(`For example: vncviewer ${LOOPBACK}::${given}. Ctrl+C ends this.`);
  }
  await told;
  for (const client of clients) client.destroy();
  server.close();
}

interface Served {
  reach: Reach;
  machine: string;
  password: string | null;
  viewOnly: boolean;
}

async function serve(client: Socket, { reach, machine, password, viewOnly }: Served): Promise<void> {
  const send = (bytes: Uint8Array): void => void client.write(bytes);
  if (!(await converse(client, welcome(send, password)))) return;
  const url = new URL(`${reach.url.replace(/^http/, 'ws').replace(/\/$/, '')}/api/v1/machines/${machine}/console`);
  if (viewOnly) url.searchParams.set('only', 'look');
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${reach.token}` } });
  const host = createWebSocketStream(socket);
  // Its reason is told below.
  host.on('error', () => undefined);
  try {
    const why = closedBecause(socket);
    await Promise.race([once(socket, 'open'), why]);
    const ready = converse(
      host,
      enter((bytes) => void host.write(bytes)),
    );
    if (!(await Promise.race([ready, why]))) return;
    await Promise.race([pipeline(client, host), pipeline(host, client)]).catch(() => undefined);
  } finally {
    client.destroy();
    host.destroy();
    socket.terminate();
  }
}

/** Never resolves: rejects when it is refused, or closed with words. */
async function closedBecause(socket: WebSocket): Promise<never> {
  const refused = new Promise<never>((_, reject) => {
    socket.on('error', (error) => reject(notServed(error.message)));
    socket.on('close', (_code, reason) => reject(notServed(reason.toString() || 'its end')));
  });
  // Once all is well nobody listens any more.
  refused.catch(() => undefined);
  return await refused;
}

function makePassword(): string {
  return Array.from({ length: PASSWORD_CHARACTERS }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

async function listenOn(server: Server, port: number): Promise<void> {
  await listening(server, () => server.listen(port, LOOPBACK)).catch((error: unknown) => {
    throw isTaken(error) ? portTaken(port) : error;
  });
}

/** Who may enter its folder may use the machine: that is to be its owner alone. */
async function listenAt(server: Server, path: string): Promise<void> {
  const folder = dirname(path);
  if (existsSync(path)) throw socketTaken(path);
  const { mode, uid } = statSync(folder);
  const own = userInfo().uid;
  if ((mode & 0o077) !== 0 || (own >= 0 && uid !== own)) throw folderOpen(folder);
  await listening(server, () => server.listen(path)).catch((error: unknown) => {
    throw isTaken(error) ? socketTaken(path) : error;
  });
  chmodSync(path, 0o600);
}

async function listening(server: Server, listen: () => void): Promise<void> {
  await new Promise<void>((done, reject) => {
    server.once('error', reject);
    server.once('listening', done);
    listen();
  });
}

const isTaken = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';

function notServed(seen: string): GuestwrightError {
  return new GuestwrightError('The host does not show the machine', {
    kind: 'infrastructure',
    code: 'console-refused',
    seen,
    next: 'see whether it runs: guestwright machine list',
  });
}

function eitherOr(): GuestwrightError {
  return new GuestwrightError('Viewers connect to a port or to a socket', {
    kind: 'usage',
    code: 'vnc-place-invalid',
    expected: '--port or --socket',
    seen: 'both',
  });
}

function socketTaken(path: string): GuestwrightError {
  return new GuestwrightError(`${path} is there already`, {
    kind: 'usage',
    code: 'socket-taken',
    expected: 'a path at which nothing is',
    seen: path,
    next: 'remove it if nobody listens there any more',
  });
}

function folderOpen(folder: string): GuestwrightError {
  return new GuestwrightError(`Others may enter ${folder}`, {
    kind: 'usage',
    code: 'socket-folder-open',
    expected: 'a folder that is yours, with mode 700: the socket has no password',
    seen: folder,
    next: `mkdir -m 700 FOLDER, and name a socket in it`,
  });
}
