/**
 * Machines die with their owner, whatever way it dies. A process that is killed cannot clean up after itself; a watchdog,
 * one for all machines of this process, does (`watchdog.process.ts`).
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('./watchdog.process.js', import.meta.url));

/** Wall ms for which the watchdog waits for something to watch. */
const LINGER_MS = 1000;

interface Guarded {
  pid: number;
  folder: string;
}

const guarded = new Set<Guarded>();
/** Folders of machines whose processes are being started. */
const starting = new Set<string>();
/** Sockets and named pipes outside of the machines' folders. */
const files = new Set<string>();
let watchdog: ChildProcess | null = null;
let exitHandled = false;
/** Something here keeps ending it; after so many times it is left at that. */
let restartsLeft = 5;

/**
 * Call right before a machine's process is started: its owner may be killed when the process is there and nobody knows its
 * number yet. It is then found by the folder, which its command line names.
 * @returns call with the process's number right after it was started; undefined: it was not
 */
export function guardStart(folder: string): (pid: number | undefined) => () => void {
  handleExit();
  starting.add(folder);
  if (watchdog === null) watchdog = start();
  else tell(watchdog, `?${folder}`);
  return (pid) => {
    const release = pid === undefined ? () => undefined : guard(pid, folder);
    starting.delete(folder);
    if (watchdog !== null) tell(watchdog, `!${folder}`);
    return release;
  };
}

/** @returns call when it has ended */
function guard(pid: number, folder: string): () => void {
  const entry = { pid, folder };
  guarded.add(entry);
  if (watchdog === null) watchdog = start();
  else tell(watchdog, `+${pid} ${folder}`);
  return () => {
    guarded.delete(entry);
    if (watchdog !== null) tell(watchdog, `-${pid}`);
    // With nothing to watch it goes, but not at once: a revert ends one process and starts the next.
    setTimeout(endIfIdle, LINGER_MS).unref();
  };
}

/** Sockets and named pipes that are made for a machine elsewhere: they go, too. @returns call when they are gone */
export function guardFiles(paths: readonly string[]): () => void {
  handleExit();
  for (const path of paths) {
    files.add(path);
    if (watchdog !== null) tell(watchdog, `=${path}`);
  }
  if (paths.length > 0) watchdog ??= start();
  return () => {
    for (const path of paths) {
      files.delete(path);
      if (watchdog !== null) tell(watchdog, `~${path}`);
    }
    setTimeout(endIfIdle, LINGER_MS).unref();
  };
}

const isIdle = (): boolean => guarded.size + starting.size + files.size === 0;

/** A process that is idle leaves no other process behind. */
function endIfIdle(): void {
  if (!isIdle()) return;
  watchdog?.stdin?.end();
  watchdog = null;
}

/**
 * The watchdog has a session of its own, so that what kills this process's group leaves it alone. Without execa, whose
 * clean-up would end it with this process: it is there for what comes after.
 */
function start(): ChildProcess {
  const child = spawn(process.execPath, [SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'], detached: true, env: {} });
  child.unref();
  const { stdin } = child;
  // Neither the process nor the pipe to it keeps this process alive.
  if (stdin instanceof Socket) stdin.unref();
  stdin.on('error', () => undefined);
  for (const { pid, folder } of guarded) tell(child, `+${pid} ${folder}`);
  for (const folder of starting) tell(child, `?${folder}`);
  for (const path of files) tell(child, `=${path}`);
  child.once('exit', () => {
    if (watchdog !== child) return;
    // Somebody ended it although there is something to watch.
    watchdog = !isIdle() && restartsLeft-- > 0 ? start() : null;
  });
  child.once('error', () => {
    if (watchdog === child) watchdog = null;
  });
  return child;
}

function tell(child: ChildProcess, line: string): void {
  child.stdin?.write(`${line}\n`);
}

/** What ends in good order need not wait for the watchdog. */
function handleExit(): void {
  if (exitHandled) return;
  exitHandled = true;
  process.once('exit', () => {
    for (const { pid, folder } of guarded) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended already.
      }
      rmSync(folder, { recursive: true, force: true });
    }
    for (const path of files) rmSync(path, { force: true });
  });
}
