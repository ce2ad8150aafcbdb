/** The daemon's end of the socket of a machine's process, and how such a process is started. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { RequestType, RequestType0 } from 'vscode-jsonrpc';
import {
  ConnectionError,
  createMessageConnection,
  ErrorCodes,
  ResponseError,
  SocketMessageReader,
  SocketMessageWriter,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import { GuestwrightError } from '../../../sdk/errors.js';
import type { MachineFolder } from '../machines/machine-folder.js';
import type { MachineStatus } from '../machines/status.js';
import { news, type ToldFailure } from './protocol.js';
import { SAYING_FILE, socketOf, type Said } from './socket.js';

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));

export interface ConnectionListener {
  onStatus: (status: MachineStatus) => void;
  /** Of a machine that a scenario drives. */
  onEngine: (event: string) => void;
  /** @param by who did it; null: nobody, it happened */
  onEvent: (kind: string, detail: string | null, by: string | null) => void;
  /** The process has ended, or let go. */
  onClose: () => void;
}

export class MachineConnection {
  readonly #connection: MessageConnection;
  readonly #closed: Promise<void>;

  private constructor(socket: Socket, listener: ConnectionListener) {
    this.#connection = createMessageConnection(new SocketMessageReader(socket), new SocketMessageWriter(socket));
    this.#connection.onNotification(news.status, listener.onStatus);
    this.#connection.onNotification(news.engine, ({ event }) => listener.onEngine(event));
    this.#connection.onNotification(news.event, ({ kind, detail, by }) => listener.onEvent(kind, detail, by));
    this.#closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#connection.dispose();
        resolve();
        listener.onClose();
      });
    });
    this.#connection.listen();
  }

  /** Null: nobody listens there. */
  static async to(folder: MachineFolder, listener: ConnectionListener): Promise<MachineConnection | null> {
    const socket = createConnection(await socketOf(folder.path));
    try {
      await once(socket, 'connect');
    } catch (error) {
      if (isNobody(error)) return null;
      throw error;
    }
    // What is wrong with it ends it, which is told.
    socket.on('error', () => socket.destroy());
    return new MachineConnection(socket, listener);
  }

  get closed(): Promise<void> {
    return this.#closed;
  }

  /** @throws GuestwrightError that the machine's process threw; `infrastructure/machine-process-ended` */
  async call<R>(type: RequestType0<R, ToldFailure>): Promise<R>;
  async call<P, R>(type: RequestType<P, R, ToldFailure>, params: P): Promise<R>;
  async call(type: { method: string }, params?: unknown): Promise<unknown> {
    const ended = this.#closed.then(() => Promise.reject(processEnded()));
    try {
      const answer = this.#connection.sendRequest(type.method, ...(params === undefined ? [] : [params]));
      return await Promise.race([answer, ended]);
    } catch (error) {
      if (error instanceof ResponseError && error.code === ErrorCodes.PendingResponseRejected) throw processEnded();
      // It had ended before the question was on its way.
      if (error instanceof ConnectionError) throw processEnded();
      if (error instanceof ResponseError && isTold(error.data)) {
        throw GuestwrightError.revive(error.data.message, error.data.failure);
      }
      throw error;
    }
  }

  end(): void {
    this.#connection.end();
  }
}

/**
 * Starts the process of a machine, which goes on by itself.
 * @returns when it listens, or has ended, which its status explains
 */
export async function startProcess(
  folder: MachineFolder,
): Promise<{ outcome: 'listens'; pid: number } | { outcome: 'ended' }> {
  const log = openSync(folder.processLog, 'a', 0o600);
  try {
    const child = spawn(process.execPath, [MAIN, folder.path], {
      detached: true,
      stdio: ['ignore', log, log, 'pipe'],
      cwd: folder.path,
    });
    const said = child.stdio[SAYING_FILE];
    if (!(said instanceof Readable)) throw new Error('a pipe was asked for');
    const listens = saidListening(said).then(() => 'listens' as const);
    const ended = once(child, 'exit').then(() => 'ended' as const);
    const outcome = await Promise.race([listens, ended]);
    said.destroy();
    child.unref();
    return outcome === 'listens' ? { outcome, pid: child.pid ?? 0 } : { outcome };
  } finally {
    closeSync(log);
  }
}

async function saidListening(said: Readable): Promise<void> {
  await new Promise<void>((resolve) => {
    let text = '';
    said.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('listening' satisfies Said)) resolve();
    });
  });
}

function isNobody(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ECONNREFUSED');
}

function isTold(data: unknown): data is ToldFailure {
  return typeof data === 'object' && data !== null && 'failure' in data && 'message' in data;
}

function processEnded(): GuestwrightError {
  return new GuestwrightError('The process of the machine ended before it had answered', {
    kind: 'infrastructure',
    code: 'machine-process-ended',
    next: 'see process.log in the folder of the machine',
  });
}
