/**
 * A worker with the hardware of a machine that was forked, ready for the next fork of it: to build one takes longer than
 * to copy a guest into it.
 */
import type { V86Proxy } from './proxy.js';

/** Wall ms after which one that nobody has taken is ended. */
const UNUSED_MS = 30_000;

interface Spare {
  /** See `EngineMachine.identity`. */
  identity: string;
  machine: Promise<V86Proxy>;
  timer: NodeJS.Timeout;
}

/** One at most: of the machine that was forked last. It holds no process up. */
let spare: Spare | null = null;

/** Null: there is none for such a machine. */
export async function takeSpare(identity: string): Promise<V86Proxy | null> {
  if (spare?.identity !== identity) return null;
  const { machine, timer } = spare;
  spare = null;
  clearTimeout(timer);
  const taken = await machine.catch(() => null);
  if (taken === null || taken.hasEnded) return null;
  taken.ref();
  return taken;
}

/** @param start starts a machine at power-on, which nothing has been done with */
export function prepareSpare(identity: string, start: () => Promise<V86Proxy>): void {
  if (spare?.identity === identity) return;
  if (spare !== null) void end(spare);
  const machine = start().then((ready) => {
    ready.unref();
    return ready;
  });
  // Whoever forks next starts one that fails in the open.
  machine.catch(() => undefined);
  const timer = setTimeout(() => {
    if (spare?.timer !== timer) return;
    const unused = spare;
    spare = null;
    void end(unused);
  }, UNUSED_MS);
  timer.unref();
  spare = { identity, machine, timer };
}

async function end({ machine, timer }: Spare): Promise<void> {
  clearTimeout(timer);
  const unused = await machine.catch(() => null);
  await unused?.[Symbol.asyncDispose]();
}
