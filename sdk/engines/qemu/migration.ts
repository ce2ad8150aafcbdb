/**
 * QEMU's own state, out of a machine that stands and into a fresh one: its migration stream. The quickest way there is:
 * saving inside of QEMU's disk images took up to ten times as long, and a compressed stream twenty times.
 */
import { spawn } from 'node:child_process';
import { closeSync, createWriteStream, openSync } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { GuestwrightError } from '../../errors.js';
import { takeImage } from './memory-copy.js';
import type { MemoryImage } from './memory-image.js';
import { nothing, type QmpClient } from './qmp.js';
import { SocketFolder } from './sockets.js';

const SPLITTER = fileURLToPath(new URL('./migration.process.js', import.meta.url));

/** Bytes a second, of which there is no limit. */
const UNLIMITED = 2 ** 40;

const runState = z.object({ status: z.string() });
const progress = z.object({ status: z.string(), 'error-desc': z.string().optional() });
const splitResult = z.object({ map: z.base64().nullable() });

/** What QEMU said of itself when it was saved. */
export interface SavedMemory {
  /** Its migration stream: bytes at the beginning of the file. */
  stream: { path: string; size: number };
  /** The guest's memory, which the stream is then without; null: it is in the stream. */
  image: MemoryImage | null;
  /** QEMU itself has left the memory out, which whoever loads the stream has to be told. */
  leftOut: boolean;
}

/** What is to be done with the guest's memory. `whole`: it is a part of the stream. */
export type MemoryPlan =
  | { kind: 'whole' }
  /** It is taken out of the stream. */
  | { kind: 'split'; block: MemoryBlock }
  /** QEMU leaves it out: it is copied from where it is shared with us. */
  | { kind: 'shared'; path: string; size: number };

/** The block of the guest's memory, as the stream calls it. */
export interface MemoryBlock {
  name: string;
  /** Bytes. */
  size: number;
}

/**
 * Writes the state to `file`, and the guest's memory beside it; the machine must stand.
 * @param parts.folder for the socket
 * @throws GuestwrightError `infrastructure/qemu-save`; there is no file then
 */
export async function saveState(
  qmp: QmpClient,
  { file, plan, folder }: { file: string; plan: MemoryPlan; folder: string },
): Promise<SavedMemory> {
  const sockets = await SocketFolder.make(folder);
  const imageFile = `${file}.ram`;
  const abort = new AbortController();
  let receiving: Promise<unknown> = Promise.resolve();
  try {
    const { path, connection } = await sockets.listen('state', { paused: true });
    await prepare(qmp, plan.kind === 'shared');
    await qmp.execute('migrate-set-parameters', { 'max-bandwidth': UNLIMITED }, nothing);
    const ended = migrationEnd(qmp);
    await qmp.execute('migrate', { uri: `unix:${path}` }, nothing);
    const completed = ended.then(async (status) => {
      if (status !== 'completed') throw await failure(qmp, 'save', status);
    });
    const received = connection.then(async (socket) => {
      const taking = take(socket, { file, imageFile, plan, signal: abort.signal });
      receiving = taking.catch(() => undefined);
      return await taking;
    });
    // Either may fail first; the other then never ends.
    const [split] = await Promise.all([Promise.race([received, completed.then(() => received)]), completed]);
    await finalized(qmp);
    const image = plan.kind === 'shared' ? await takeImage(plan.path, imageFile, plan.size) : split;
    const stream = { path: file, size: (await stat(file)).size };
    return { stream, image, leftOut: plan.kind === 'shared' };
  } catch (error) {
    abort.abort();
    await receiving;
    await Promise.all([file, imageFile].map(async (path) => await rm(path, { force: true })));
    throw error;
  } finally {
    await sockets.close();
  }
}

/** Its event comes before QEMU is through with it, and until then the machine cannot go on. Asking takes half a millisecond. */
async function finalized(qmp: QmpClient): Promise<void> {
  while ((await qmp.execute('query-status', {}, runState)).status === 'finish-migrate');
}

/** @returns the memory, when it was taken out of the stream */
async function take(
  socket: Socket,
  { file, imageFile, plan, signal }: { file: string; imageFile: string; plan: MemoryPlan; signal: AbortSignal },
): Promise<MemoryImage | null> {
  if (plan.kind === 'shared') {
    // Without the memory there is little of it.
    await pipeline(socket, createWriteStream(file, { flags: 'wx', mode: 0o600 }), { signal });
    return null;
  }
  if (plan.kind === 'whole') {
    await receive(socket, [file], signal);
    return null;
  }
  const { name, size } = plan.block;
  const map = await receive(socket, [file, imageFile, name, String(size)], signal);
  return map === null ? null : { path: imageFile, size, map };
}

/**
 * A process of its own takes it in (`migration.process.ts`). It ends with the connection, whoever is left to see it.
 * @returns the map of the memory that was taken out; null: none was
 */
async function receive(socket: Socket, args: readonly string[], signal: AbortSignal): Promise<string | null> {
  const child = spawn(process.execPath, [SPLITTER, ...args], {
    stdio: [socket, 'pipe', 'pipe'],
    // A Ctrl-C at the terminal is for the owner, who may yet want what is being saved.
    detached: true,
    env: {},
    signal,
    killSignal: 'SIGKILL',
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
  const how = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code === 0 ? '' : said.stderr.trim() || String(signal ?? code)));
  });
  socket.destroy();
  if (how !== '') throw failed('save', how);
  return splitResult.parse(JSON.parse(said.stdout)).map;
}

/** Opens a file for QEMU to read its state from: its process inherits this. */
export async function withOpenState<T>(path: string, use: (file: number) => Promise<T>): Promise<T> {
  const file = openSync(path, 'r');
  try {
    return await use(file);
  } finally {
    closeSync(file);
  }
}

/**
 * Loads the state into a machine that was started with `-incoming defer`, and leaves it standing.
 * @param descriptor the number that the file has in QEMU's process
 * @param leftOut see {@link SavedMemory}
 * @throws GuestwrightError `infrastructure/qemu-restore`
 */
export async function loadState(qmp: QmpClient, descriptor: number, leftOut: boolean): Promise<void> {
  await prepare(qmp, leftOut);
  const ended = migrationEnd(qmp);
  await qmp.execute('migrate-incoming', { uri: `fd:${descriptor}` }, nothing);
  const status = await ended;
  if (status !== 'completed') throw await failure(qmp, 'restore', status);
}

async function prepare(qmp: QmpClient, withoutShared: boolean): Promise<void> {
  const capabilities = [
    { capability: 'events', state: true },
    { capability: 'x-ignore-shared', state: withoutShared },
  ];
  await qmp.execute('migrate-set-capabilities', { capabilities }, nothing);
}

/** `completed`, `failed` or `cancelled`. Several of its events may come at once. @throws when the connection ends before */
async function migrationEnd(qmp: QmpClient): Promise<string> {
  let forget = (): void => undefined;
  const end = new Promise<string>((resolve) => {
    forget = qmp.onEvent(({ name, data }) => {
      const status = String(data['status']);
      if (name === 'MIGRATION' && ['completed', 'failed', 'cancelled'].includes(status)) resolve(status);
    });
  });
  try {
    const seen = await Promise.race([end, qmp.closed]);
    if (seen instanceof GuestwrightError) throw seen;
    return seen;
  } finally {
    forget();
  }
}

async function failure(qmp: QmpClient, what: 'save' | 'restore', status: string): Promise<GuestwrightError> {
  const told = await qmp.execute('query-migrate', {}, progress).catch(() => null);
  return failed(what, told?.['error-desc'] ?? `migration ${status}`);
}

function failed(what: 'save' | 'restore', seen: string): GuestwrightError {
  return new GuestwrightError(`QEMU could not ${what} its state`, {
    kind: 'infrastructure',
    code: `qemu-${what}`,
    seen,
    next: 'look whether the file system of the run directory is full',
  });
}
