/**
 * QEMU's own state, out of a machine that stands and into a fresh one: its migration stream. The quickest way there is:
 * saving inside of QEMU's disk images took up to ten times as long, and a compressed stream twenty times.
 */
import { spawn } from 'node:child_process';
import { openSync, readSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { z } from 'zod';
import { GuestwrightError } from '../../errors.js';
import { nothing, type QmpClient } from './qmp.js';
import { STATE_OFFSET, stateHeader } from './saved-state.js';
import { SocketFolder } from './sockets.js';

/** Bytes a second, of which there is no limit. */
const UNLIMITED = 2 ** 40;

const runState = z.object({ status: z.string() });
const progress = z.object({ status: z.string(), 'error-desc': z.string().optional() });

/**
 * Writes the state to `file`; the machine must stand.
 * @param folder for the socket
 * @throws GuestwrightError `infrastructure/qemu-save`; there is no file then
 */
export async function saveState(qmp: QmpClient, file: string, folder: string): Promise<{ path: string; size: number }> {
  const sockets = await SocketFolder.make(folder);
  try {
    const { path, connection } = await sockets.listen('state', { paused: true });
    await prepare(qmp);
    await qmp.execute('migrate-set-parameters', { 'max-bandwidth': UNLIMITED }, nothing);
    const ended = migrationEnd(qmp);
    await qmp.execute('migrate', { uri: `unix:${path}` }, nothing);
    const completed = ended.then(async (status) => {
      if (status !== 'completed') throw await failure(qmp, 'save', status);
    });
    const received = connection.then(async (socket) => await receive(socket, file));
    // Either may fail first; the other then never ends.
    const [written] = await Promise.all([Promise.race([received, completed.then(() => received)]), completed]);
    await finalized(qmp);
    return { path: file, ...written };
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  } finally {
    await sockets.close();
  }
}

/** Its event comes before QEMU is through with it, and until then the machine cannot go on. Asking takes half a millisecond. */
async function finalized(qmp: QmpClient): Promise<void> {
  while ((await qmp.execute('query-status', {}, runState)).status === 'finish-migrate');
}

/**
 * A process of its own takes it in: the system's `cat` moves it as quickly as QEMU gives it, where this process, which has
 * others to serve, would take twice as long.
 */
async function receive(socket: Socket, file: string): Promise<{ size: number }> {
  const out = await open(file, 'wx', 0o600);
  try {
    await out.writeFile(stateHeader());
    await pipeThroughCat(socket, out.fd);
    return { size: (await out.stat()).size - STATE_OFFSET };
  } finally {
    socket.destroy();
    await out.close();
  }
}

async function pipeThroughCat(from: Socket, to: number): Promise<void> {
  const cat = spawn('cat', { stdio: [from, to, 'pipe'] });
  let said = '';
  cat.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
  const how = await new Promise<string>((resolve) => {
    cat.once('error', (error) => resolve(error.message));
    cat.once('close', (code, signal) => resolve(code === 0 ? '' : `cat: ${said.trim() || (signal ?? code)}`));
  });
  if (how !== '') throw failed('save', how);
}

/** Opens a file so that what is read next is QEMU's state: its process inherits this. To be closed by the caller. */
export function openState(path: string): number {
  const file = openSync(path, 'r');
  const header = new Uint8Array(STATE_OFFSET);
  for (let at = 0; at < header.length;) {
    const read = readSync(file, header, at, header.length - at, null);
    if (read === 0) break;
    at += read;
  }
  return file;
}

/**
 * Loads the state into a machine that was started with `-incoming defer`, and leaves it standing.
 * @param descriptor the number that the file has in QEMU's process
 * @throws GuestwrightError `infrastructure/qemu-restore`
 */
export async function loadState(qmp: QmpClient, descriptor: number): Promise<void> {
  await prepare(qmp);
  const ended = migrationEnd(qmp);
  await qmp.execute('migrate-incoming', { uri: `fd:${descriptor}` }, nothing);
  const status = await ended;
  if (status !== 'completed') throw await failure(qmp, 'restore', status);
}

async function prepare(qmp: QmpClient): Promise<void> {
  const capabilities = [{ capability: 'events', state: true }];
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
