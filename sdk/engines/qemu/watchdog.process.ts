/**
 * A process that outlives its owner by a moment: its standard input is a pipe that only the owner holds open, so it ends
 * however the owner dies. It then kills the machines that the owner was still responsible for, and removes their files.
 * Lines that it reads: `+<pid> <folder>` and `-<pid>`; `?<folder>` before and `!<folder>` after a process is started; of sockets and named pipes that are elsewhere `=<path>` and `~<path>`.
 */
import { lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync, rmdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';

const machines = new Map<number, string>();
/** Folders of machines whose processes are being started. */
const starting = new Set<string>();
const files = new Set<string>();
const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  if (line.startsWith('=')) files.add(line.slice(1));
  else if (line.startsWith('~')) files.delete(line.slice(1));
  else if (line.startsWith('?')) starting.add(line.slice(1));
  else if (line.startsWith('!')) starting.delete(line.slice(1));
  const [, sign, pid, folder = ''] = /^([+-])(\d+)(?: (.*))?$/.exec(line) ?? [];
  if (sign === '+') machines.set(Number(pid), folder);
  else if (sign === '-') machines.delete(Number(pid));
});
lines.once('close', () => {
  for (const [pid, folder] of machines) {
    if (isOurs(pid, folder)) end(pid);
    remove(folder);
  }
  for (const path of files) removeFile(path);
  void endStarting().then(() => process.exit(0));
});
// Whatever ends the owner's group is not meant for this process: it ends by itself.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

/** The number may be another process's by now. Where that can be looked up, it is: QEMU's command line names the folder. */
function isOurs(pid: number, folder: string): boolean {
  if (process.platform !== 'linux') return true;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder);
  } catch {
    return false;
  }
}

/** Wall ms in which a process that was being started becomes what its command line says, and how often that is looked at. */
const BECOMES_MS = 3000;
const LOOK_MS = 50;

/**
 * What was being started when the owner died has no number here, and may still have its owner's command line. Where
 * processes cannot be listed they are left.
 */
async function endStarting(): Promise<void> {
  for (let waited = 0; starting.size > 0 && waited < BECOMES_MS; waited += LOOK_MS) {
    for (const pid of processes()) {
      const folder = [...starting].find((one) => isOurs(pid, one) && isIn(pid, one));
      if (folder === undefined) continue;
      end(pid);
      remove(folder);
      starting.delete(folder);
    }
    if (starting.size > 0) await setTimeout(LOOK_MS);
  }
  for (const folder of starting) remove(folder);
}

function processes(): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Machines' processes run in their folders. Whoever only names one on a command line, to look at it, does not. */
function isIn(pid: number, folder: string): boolean {
  try {
    const at = readlinkSync(`/proc/${pid}/cwd`);
    return at === realpathSync(folder) || at.startsWith(`${realpathSync(folder)}/`);
  } catch {
    return false;
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

/** Unless something of another kind has taken its place. */
function removeFile(path: string): void {
  try {
    const seen = lstatSync(path);
    if (seen.isSocket() || seen.isFIFO()) rmSync(path, { force: true });
  } catch {
    // It has gone.
  }
}

/** The folder around it is a run's own where its name says so; it goes too when nothing else is in it. */
function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  const outer = dirname(folder);
  if (!basename(outer).startsWith('guestwright-run-')) return;
  try {
    rmdirSync(outer);
  } catch {
    // Something else is in it.
  }
}
