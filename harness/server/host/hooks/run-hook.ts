/** One program, run for one event. */
import { execa } from 'execa';
import type { HostEvent } from '../events.js';
import type { Hook } from './config.js';

export type HookEnd =
  | { outcome: 'exited'; exitCode: number; output: string; ms: number }
  | { outcome: 'killed'; signal: string; output: string; ms: number }
  /** It and all that it had started were ended. */
  | { outcome: 'too-long'; output: string; ms: number }
  | { outcome: 'called-off'; output: string; ms: number }
  /** There is no such program, or it may not be run. */
  | { outcome: 'not-started'; why: string };

/** Bytes of what it prints that are kept: the first. */
const OUTPUT_BYTES = 4096;
/** Wall ms from the request to end to the end by force. */
const GRACE_MS = 2000;

/** Of the daemon's environment hooks get no more: it may hold secrets. */
const PASSED = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'USER'];

/** What it has started, and left running, ends with it. @param folder where it runs unless the hook says otherwise */
export async function runHook(hook: Hook, event: HostEvent, folder: string, signal: AbortSignal): Promise<HookEnd> {
  const started = performance.now();
  const child = execa(hook.program, hook.arguments, {
    cwd: hook.cwd ?? folder,
    env: environmentOf(event),
    extendEnv: false,
    input: `${JSON.stringify(event)}\n`,
    // A group of its own, so that all of it can be ended.
    detached: true,
    buffer: false,
    all: true,
    reject: false,
  });
  const output: Buffer[] = [];
  let kept = 0;
  child.all.on('data', (chunk: Buffer) => {
    const part = chunk.subarray(0, OUTPUT_BYTES - kept);
    kept += part.length;
    output.push(part);
  });
  const told: { why: 'too-long' | 'called-off' | null } = { why: null };
  let force: NodeJS.Timeout | undefined;
  const end = (reason: 'too-long' | 'called-off'): void => {
    told.why ??= reason;
    endGroup(child.pid, 'SIGTERM');
    force = setTimeout(() => endGroup(child.pid, 'SIGKILL'), GRACE_MS);
  };
  const late = setTimeout(() => end('too-long'), hook.timeLimit * 1000);
  const callOff = (): void => end('called-off');
  signal.addEventListener('abort', callOff, { once: true });
  child.once('exit', () => endGroup(child.pid, 'SIGKILL'));
  try {
    const { exitCode, signal: by, message } = await child;
    const said = { output: Buffer.concat(output).toString(), ms: Math.round(performance.now() - started) };
    if (told.why !== null) return { outcome: told.why, ...said };
    if (exitCode !== undefined) return { outcome: 'exited', exitCode, ...said };
    if (by !== undefined) return { outcome: 'killed', signal: by, ...said };
    return { outcome: 'not-started', why: message ?? 'for no reason that is known' };
  } finally {
    clearTimeout(late);
    clearTimeout(force);
    signal.removeEventListener('abort', callOff);
  }
}

/** Data, whatever is in them: a NUL is the one thing that no variable can hold. */
function environmentOf(event: HostEvent): Record<string, string> {
  const passed = PASSED.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const told = Object.entries(event).map(
    ([name, value]) => [`GUESTWRIGHT_EVENT_${name.toUpperCase()}`, String(value ?? '').replaceAll('\0', '')] as const,
  );
  return Object.fromEntries([...passed, ...told]);
}

function endGroup(pid: number | undefined, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // Nobody is left in it.
    if (!(error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM'))) throw error;
  }
}
