/**
 * One run of the guest that ours and stock v86 are compared with: Debian's kernel with busybox, from power-on to the
 * prompt, then several saves and restores there. A process of its own does it and says what it measured as JSON.
 */
import { fileURLToPath } from 'node:url';
import { execaNode } from 'execa';
import { z } from 'zod';
import { GuestwrightError } from '../../sdk/errors.js';
import { parseSpec, type MachineSpec } from '../../sdk/machine/spec.js';

export const GUEST: MachineSpec = parseSpec({
  kernel: { path: 'linux-busybox:kernel', initrd: 'linux-busybox:initrd' },
  memory: 128,
});

/** What the guest's shell on the serial port says when it is ready. */
export const PROMPT = 'guest:~#';

/** Saves and restores in a run. */
export const SAVES = 5;

const run = z.strictObject({
  /** Instructions that the guest executed from power-on to its prompt, by v86's own counter. */
  instructions: z.number().positive(),
  /**
   * Wall seconds that it took, but for those in which the guest slept (HLT). Compiling is work: it counts wherever the
   * guest waits for it.
   */
  busySeconds: z.number().positive(),
  /** Wall seconds in which the guest slept and the host did too: ours skips them. */
  idleSeconds: z.number().nonnegative(),
  saveMs: z.array(z.number().positive()).min(1),
  restoreMs: z.array(z.number().positive()).min(1),
});
export type Run = z.infer<typeof run>;

/** A boot takes 20 s on an idle machine; more than this and something is wrong. */
const LIMIT_MS = 600_000;

export async function runInProcess(which: 'ours' | 'stock'): Promise<Run> {
  const script = fileURLToPath(new URL(`./${which}.process.js`, import.meta.url));
  const { stdout, stderr, failed, timedOut } = await execaNode(script, { reject: false, timeout: LIMIT_MS });
  if (!failed) return run.parse(JSON.parse(stdout));
  throw new GuestwrightError(`The run of ${which} did not end`, {
    kind: 'infrastructure',
    code: 'bench-run-failed',
    seen: timedOut ? `no prompt in ${LIMIT_MS / 1000} s` : stderr,
    next: 'run `npx guestwright doctor`',
  });
}

/** Says what was measured, to {@link runInProcess}. */
export function tell(measured: Run): void {
  process.stdout.write(JSON.stringify(measured));
}

/** Wall ms of something. */
export async function wallMs(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}
