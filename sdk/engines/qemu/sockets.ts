/** Unix sockets that QEMU connects to. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Longest path of a unix socket that every system takes, bytes (macOS: 104 with its zero). */
export const SOCKET_PATH_BYTES = 100;

export interface Listening {
  path: string;
  connection: Promise<Socket>;
}

/** Unix sockets on which we listen for QEMU to connect: it does so when it starts, so nobody has to try again and again. */
export class SocketFolder {
  readonly #folder: string;
  readonly #own: boolean;
  readonly #servers = new Set<() => void>();

  private constructor(folder: string, own: boolean) {
    this.#folder = folder;
    this.#own = own;
  }

  /**
   * A folder whose path is too long for sockets gets another one beside it, for the moment of connecting. Its name is one
   * that `run-directory.ts` sweeps when its owner is killed at that moment.
   */
  static async make(folder: string): Promise<SocketFolder> {
    if (Buffer.byteLength(join(folder, 'serial0')) <= SOCKET_PATH_BYTES) return new SocketFolder(folder, false);
    return new SocketFolder(await mkdtemp(join(tmpdir(), `gw-${process.pid}-`)), true);
  }

  /** @param options `paused`: nothing is read from the connection, which is for another process */
  async listen(name: string, { paused = false } = {}): Promise<Listening> {
    const path = join(this.#folder, name);
    const server = createServer({ pauseOnConnect: paused });
    this.#servers.add(() => server.close());
    const connection = new Promise<Socket>((resolve) => server.once('connection', resolve));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
    return { path, connection };
  }

  /** The sockets' files go; the connections stay. */
  async close(): Promise<void> {
    for (const close of this.#servers) close();
    if (this.#own) await rm(this.#folder, { recursive: true, force: true });
  }
}
