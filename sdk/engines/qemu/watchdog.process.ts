/**
 * A process that outlives its owner by a moment: its standard input is a pipe that only the owner holds open, so it ends
 * however the owner dies. It then kills the machines that the owner was still responsible for, and removes their files.
 * Lines that it reads: `+<pid> <folder>` and `-<pid>`; of sockets and named pipes that are elsewhere `=<path>` and `~<path>`.
 */
import { lstatSync, readFileSync, rmSync, rmdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { createInterface } from 'node:readline';

const machines = new Map<number, string>();
const files = new Set<string>();
const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  if (line.startsWith('=')) files.add(line.slice(1));
  else if (line.startsWith('~')) files.delete(line.slice(1));
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
  process.exit(0);
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
