/** Takes a mount apart: what serves file systems first, then the storage daemon, each when the one before has ended. */
import { existsSync } from 'node:fs';
import { readFile, rmdir } from 'node:fs/promises';
import { execa, ExecaError } from 'execa';
import { mountBusy, stillRunning, toolMissing } from './errors.js';
import { hasEnded, isAlive, isMounted, noteOf, sendSignal, type ProcessNote } from './processes.js';
import type { MountFolder, MountRecord } from './record.js';

/** Within which a process has to have written what it has and ended, ms. */
const END_MS = 60_000;

/** @param lazily also what is in use: it goes when it is not any more @throws GuestwrightError `usage/mount-busy` */
export async function unmountFuse(at: string, { lazily = false } = {}): Promise<void> {
  if (!isMounted(at)) return;
  try {
    await execa('fusermount3', ['-u', ...(lazily ? ['-z'] : []), '--', at], { env: { LC_ALL: 'C' }, stdin: 'ignore' });
  } catch (error) {
    if (!(error instanceof ExecaError)) throw error;
    if (error.code === 'ENOENT') throw toolMissing('fusermount3', 'fuse3', 'mounts and unmounts');
    if (isMounted(at)) throw mountBusy(at, String(error.stderr).trim());
  }
}

/** Everything that was written is in the overlays' files then. @throws GuestwrightError `infrastructure/mount-stuck` */
export async function stopDaemon(daemon: ProcessNote, exported: readonly string[]): Promise<void> {
  for (const file of exported) await unmountFuse(file);
  sendSignal(daemon, 'SIGTERM');
  if (!(await hasEnded(daemon, END_MS))) throw stillRunning('QEMU’s storage daemon');
}

export async function waitForEnd(note: ProcessNote, what: string): Promise<void> {
  if (!(await hasEnded(note, END_MS))) throw stillRunning(what);
}

/**
 * Ends what is left of a mount, whatever state it is in, and removes its files. What was written is lost.
 * Nothing is killed that is not known to belong to it.
 */
export async function removeMount(folder: MountFolder, record: MountRecord): Promise<void> {
  for (const { at, process: note } of [...record.partitions].reverse()) {
    await unmountFuse(at, { lazily: true });
    if (note !== null) sendSignal(note, 'SIGTERM');
  }
  for (const { number } of record.partitions) await unmountFuse(folder.exported(number), { lazily: true });
  await unmountFuse(folder.exported('whole'), { lazily: true });
  for (const note of [record.daemon, await daemonOf(folder)]) {
    if (note === null) continue;
    sendSignal(note, 'SIGTERM');
    if (!(await hasEnded(note, END_MS))) throw stillRunning('QEMU’s storage daemon');
  }
  await removeFolders(record);
  await folder.remove();
}

/** The daemon that was killed before the record knew of it has left its number; that it is this one, its arguments say. */
async function daemonOf(folder: MountFolder): Promise<ProcessNote | null> {
  if (!existsSync(folder.pidFile)) return null;
  const pid = Number((await readFile(folder.pidFile, 'utf8')).trim());
  const note = Number.isSafeInteger(pid) && pid > 0 ? noteOf(pid) : null;
  if (note === null || !isAlive(note)) return null;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return command.split('\0').includes(folder.pidFile) ? note : null;
}

/** Those that were made for the mount, and that are empty. */
export async function removeFolders(record: MountRecord): Promise<void> {
  const made = [
    ...record.partitions.filter(({ madeFolder }) => madeFolder).map(({ at }) => at),
    ...(record.madeFolder && record.at !== null ? [record.at] : []),
  ];
  for (const at of made) {
    try {
      await rmdir(at);
    } catch (error) {
      // Somebody put something there, or removed it.
      const code = error instanceof Error && 'code' in error ? error.code : '';
      if (code !== 'ENOTEMPTY' && code !== 'ENOENT') throw error;
    }
  }
}
