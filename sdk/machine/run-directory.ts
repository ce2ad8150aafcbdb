/**
 * Where a machine's files go: a folder of its own under the system's temporary folder, named after the process that owns
 * it. A process that was killed cannot remove its folders; the next one that launches a machine does.
 */
import { readdirSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

const NAME = /^(?:guestwright-run-(\d+)-[0-9a-f-]{36}|gw-(\d+)-\w{6})$/;

/** Of machines that are there, or are just being started. */
const inUse = new Set<string>();
let exitHandled = false;

/**
 * Names a machine's folder, which goes with this process if nobody has removed it until then: a process may end while a
 * machine is only being started, and there is nobody yet to dispose it.
 * @param id the machine's
 */
export function runDirectoryFor(id: string): string {
  return removedAtExit(path.join(tmpdir(), `guestwright-run-${process.pid}-${id}`));
}

/** Makes a folder for unix sockets, whose paths have to be short; it goes as a machine's folder does. */
export async function makeSocketFolder(): Promise<string> {
  return removedAtExit(await mkdtemp(path.join(tmpdir(), `gw-${process.pid}-`)));
}

function removedAtExit(folder: string): string {
  inUse.add(folder);
  if (!exitHandled) {
    exitHandled = true;
    process.once('exit', () => {
      for (const left of inUse) rmSync(left, { recursive: true, force: true });
    });
  }
  return folder;
}

export async function removeRunDirectory(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  inUse.delete(folder);
}

let swept = false;

/** Removes what processes that are gone have left. Once per process; what cannot be removed stays. */
export function sweepRunDirectories(): void {
  if (swept) return;
  swept = true;
  const folder = tmpdir();
  for (const name of listed(folder)) {
    const [, machine, sockets] = NAME.exec(name) ?? [];
    const owner = machine ?? sockets;
    if (owner === undefined || isAlive(Number(owner))) continue;
    try {
      rmSync(path.join(folder, name), { recursive: true, force: true });
    } catch {
      // Another user's, or another process sweeps too.
    }
  }
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process may not be signalled, but it is there.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
