/**
 * Where ports of a machine lead besides to the driver. A file QEMU writes by itself (`ports.ts`); a socket and named pipes
 * are served from here, with what the driver has read: so they stay when QEMU's process is another one, after a power
 * cycle or a revert, and nothing that the guest sends before there is a reader is lost.
 */
import type { Stats } from 'node:fs';
import { chmod, lstat, open, rm, stat } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { GuestwrightError } from '../../errors.js';
import type { PortOutlet } from '../engine.js';
import { makeFifos, openPipesToOutside, pipeFiles } from './serial-pipes.js';
import type { SerialPort } from './serial-port.js';
import { SOCKET_PATH_BYTES } from './sockets.js';
import { guardFiles } from './watchdog.js';

/** A port, and where it leads. */
export interface Outlet {
  to: PortOutlet['to'];
  port: SerialPort;
}

interface Open {
  /** The port has sent something. */
  feed(): void;
  /** The port has gone back in time: what comes from now on is new. */
  rewind(): void;
  close(): Promise<void>;
}

export class PortOutlets {
  readonly #open = new Map<SerialPort, Open>();

  /**
   * @throws GuestwrightError `usage/port-folder-missing`, `usage/port-path-taken`, `usage/port-path-too-long`,
   * `infrastructure/port-path-unusable`. Nothing that was opened is left then.
   */
  async open(outlets: readonly Outlet[]): Promise<void> {
    try {
      for (const { to, port } of outlets) {
        await assertFolder(to);
        if (to.kind === 'file') await emptyFile(to.path);
        else this.#open.set(port, await (to.kind === 'socket' ? SocketOutlet : PipeOutlet).open(to.path, port));
      }
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  feed(port: SerialPort): void {
    this.#open.get(port)?.feed();
  }

  rewind(): void {
    for (const one of this.#open.values()) one.rewind();
  }

  /** What was made for the machine goes; files that the guest wrote stay. */
  async close(): Promise<void> {
    for (const one of this.#open.values()) await one.close();
    this.#open.clear();
  }
}

/** Hands a port's output on, as fast as it is taken. */
class Stream {
  readonly #port: SerialPort;
  #sent = 0;
  #to: Socket | null = null;
  #full = false;

  constructor(port: SerialPort) {
    this.#port = port;
    this.#sent = port.length;
  }

  attach(to: Socket | null): void {
    this.#to = to;
    this.#full = false;
    to?.on('drain', () => {
      if (this.#to !== to) return;
      this.#full = false;
      this.feed();
    });
    this.feed();
  }

  feed(): void {
    if (this.#to === null || this.#full || this.#sent >= this.#port.length) return;
    const data = this.#port.read(this.#sent);
    this.#sent += data.length;
    this.#full = !this.#to.write(data);
  }

  rewind(): void {
    this.#sent = this.#port.length;
  }
}

class SocketOutlet implements Open {
  readonly #stream: Stream;
  readonly #server: Server;
  #client: Socket | null = null;
  readonly #release: () => void;

  private constructor(path: string, port: SerialPort) {
    this.#stream = new Stream(port);
    this.#release = guardFiles([path]);
    this.#server = createServer((client) => {
      // One at a time: two would tear what they write apart.
      if (this.#client !== null) {
        client.destroy();
        return;
      }
      this.#client = client;
      client.on('data', (data) => port.write(data));
      client.on('error', () => undefined);
      client.once('close', () => {
        this.#client = null;
        this.#stream.attach(null);
      });
      this.#stream.attach(client);
    });
  }

  static async open(path: string, port: SerialPort): Promise<SocketOutlet> {
    if (Buffer.byteLength(path) > SOCKET_PATH_BYTES) throw tooLong(path);
    await makeRoomForSocket(path);
    const outlet = new SocketOutlet(path, port);
    try {
      await new Promise<void>((resolve, reject) => {
        outlet.#server.once('error', reject);
        outlet.#server.listen(path, resolve);
      });
      await chmod(path, 0o600);
      return outlet;
    } catch (error) {
      await outlet.close();
      throw unusable(path, error);
    }
  }

  feed(): void {
    this.#stream.feed();
  }

  rewind(): void {
    this.#stream.rewind();
  }

  /** The socket's file goes with the server. A client that reads nothing must not hold the machine up. */
  async close(): Promise<void> {
    this.#client?.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#release();
  }
}

class PipeOutlet implements Open {
  readonly #stream: Stream;
  readonly #ends: readonly Socket[];
  readonly #made: readonly string[];
  readonly #release: () => void;

  private constructor(path: string, port: SerialPort, made: readonly string[]) {
    this.#made = made;
    this.#release = guardFiles(made);
    this.#stream = new Stream(port);
    const { fromOutside, toOutside } = openPipesToOutside(path);
    this.#ends = [fromOutside, toOutside];
    for (const end of this.#ends) end.on('error', () => undefined);
    fromOutside.on('data', (data: Buffer) => port.write(data));
    this.#stream.attach(toOutside);
  }

  static async open(path: string, port: SerialPort): Promise<PipeOutlet> {
    const made: string[] = [];
    for (const file of Object.values(pipeFiles(path))) {
      const seen = await lstat(file).catch(() => null);
      if (seen === null) made.push(file);
      else if (!seen.isFIFO()) throw taken(file, 'a named pipe, or nothing', wordKind(seen));
    }
    try {
      await makeFifos(made);
      return new PipeOutlet(path, port, made);
    } catch (error) {
      for (const file of made) await rm(file, { force: true });
      throw unusable(path, error);
    }
  }

  feed(): void {
    this.#stream.feed();
  }

  rewind(): void {
    this.#stream.rewind();
  }

  async close(): Promise<void> {
    for (const end of this.#ends) end.destroy();
    for (const file of this.#made) await rm(file, { force: true });
    this.#release();
  }
}

async function assertFolder({ path }: PortOutlet['to']): Promise<void> {
  const folder = dirname(path);
  const seen = await stat(folder).catch(() => null);
  if (seen?.isDirectory() === true) return;
  throw new GuestwrightError(`A port cannot lead to ${path}`, {
    kind: 'usage',
    code: 'port-folder-missing',
    expected: `a folder ${folder}`,
    seen: seen === null ? 'nothing there' : wordKind(seen),
    next: 'make the folder, or correct the path in the machine spec',
  });
}

/** A port's file begins empty; QEMU then adds to it. */
async function emptyFile(path: string): Promise<void> {
  const seen = await stat(path).catch(() => null);
  if (seen !== null && !seen.isFile()) throw taken(path, 'a file, or nothing', wordKind(seen));
  try {
    await (await open(path, 'w')).close();
  } catch (error) {
    throw unusable(path, error);
  }
}

/** A socket that its owner, killed, has left there goes; one on which somebody listens is somebody's. */
async function makeRoomForSocket(path: string): Promise<void> {
  const seen = await lstat(path).catch(() => null);
  if (seen === null) return;
  if (!seen.isSocket()) throw taken(path, 'nothing, where the socket is to be', wordKind(seen));
  if (await isListenedTo(path)) throw taken(path, 'nothing, where the socket is to be', 'a socket that is in use');
  await rm(path, { force: true });
}

async function isListenedTo(path: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    // Refused: nobody listens. Anything else (no permission) says that it is not ours to remove.
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'));
  });
}

function wordKind(seen: Stats): string {
  if (seen.isDirectory()) return 'a folder';
  if (seen.isFile()) return 'a file';
  if (seen.isSocket()) return 'a socket';
  return seen.isFIFO() ? 'a named pipe' : 'something else (a device or a link)';
}

function taken(path: string, expected: string, seen: string): GuestwrightError {
  return new GuestwrightError(`A port cannot lead to ${path}`, {
    kind: 'usage',
    code: 'port-path-taken',
    expected,
    seen,
    next: 'give the port another path in the machine spec, or remove what is there',
  });
}

function tooLong(path: string): GuestwrightError {
  return new GuestwrightError(`The path of a port's socket is too long: ${path}`, {
    kind: 'usage',
    code: 'port-path-too-long',
    expected: `at most ${SOCKET_PATH_BYTES} bytes, which is what every system takes`,
    seen: `${Buffer.byteLength(path)} bytes`,
    next: 'choose a place nearer to the root, under /tmp for one',
  });
}

function unusable(path: string, error: unknown): GuestwrightError {
  return new GuestwrightError(
    `A port cannot lead to ${path}`,
    {
      kind: 'infrastructure',
      code: 'port-path-unusable',
      expected: 'a place where this user may write',
      seen: error instanceof Error ? error.message : String(error),
      next: 'look at the permissions of the folder, or choose another path',
    },
    { cause: error },
  );
}
