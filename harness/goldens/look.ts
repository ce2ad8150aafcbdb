/** Looks at the screen until a golden's question can be answered. */
import type { Machine } from '../../sdk/machine/types.js';
import type { Region } from '../../sdk/screen/content.js';
import type { Frame } from '../../sdk/screen/frame.js';
import { waitFor, type Waited, type WaitOutcome } from '../matchers/wait.js';
import type { GoldenWait } from './decide.js';

/** Guest ms for which a screen has to stay as it is before it may become a golden. */
export const STILL_MS = 500;

/** A frame, and whether it is what was expected. */
export interface Look {
  /** The whole screen. */
  frame: Frame;
  /** What is compared of it: its clip, or all. */
  part: Frame;
  /** What is not compared, in pixels of the part. */
  masks: readonly Region[];
  /** Whether it matches a golden. How far it is from them is only asked in the end. */
  matches: boolean;
}

export interface LookRequest {
  machine: Machine;
  wait: GoldenWait;
  /** What is waited for, for messages. */
  what: string;
  timeout: number;
  /** Takes the current frame and holds it against the goldens. */
  take: () => Promise<Look>;
  /** Whether two looks differ where it counts. */
  moved: (before: Look, after: Look) => boolean;
}

export type LookOutcome =
  | { kind: 'looked'; look: Look | null }
  /** It was to become a golden, but never stood still. */
  | { kind: 'restless'; look: Look }
  | Extract<WaitOutcome<never>, { kind: 'failed' }>;

export interface LookResult {
  outcome: LookOutcome;
  waited: Waited;
}

export async function lookAtScreen(request: LookRequest): Promise<LookResult> {
  const { machine, wait } = request;
  switch (wait) {
    case 'nothing': {
      const { now } = machine.clock;
      return { outcome: { kind: 'looked', look: null }, waited: { from: now, to: now, checks: 0 } };
    }
    case 'one-look':
      return await waitForLook({ ...request, timeout: 0 }, () => true);
    case 'match':
      return await waitForLook(request, matches);
    case 'difference':
      return await waitForLook(request, (look) => !matches(look));
    case 'match-or-stable':
      return await waitForStill(request);
  }
}

function matches(look: Look): boolean {
  return look.matches;
}

/** Ends with the last look when the time runs out: what becomes of it is decided elsewhere. */
async function waitForLook(request: LookRequest, accept: (look: Look) => boolean): Promise<LookResult> {
  const { machine, what, timeout, take } = request;
  let last: Look | undefined;
  const { outcome, waited } = await waitFor(machine, {
    what,
    on: ['screen'],
    timeout,
    check: async () => {
      last = await take();
      return accept(last) ? last : undefined;
    },
  });
  if (outcome.kind === 'failed') return { outcome, waited };
  return { outcome: { kind: 'looked', look: outcome.kind === 'met' ? outcome.value : (last ?? null) }, waited };
}

async function waitForStill(request: LookRequest): Promise<LookResult> {
  const { machine, what, timeout, take, moved } = request;
  const waited: Waited = { from: machine.clock.now, to: machine.clock.now, checks: 0 };
  const first = await waitForLook({ ...request, timeout: 0 }, () => true);
  if (first.outcome.kind !== 'looked' || first.outcome.look === null) return first;
  let { look } = first.outcome;
  const done = (outcome: LookOutcome): LookResult => ({ outcome, waited: { ...waited, to: machine.clock.now } });
  for (;;) {
    if (matches(look)) return done({ kind: 'looked', look });
    const left = waited.from + timeout - machine.clock.now;
    if (left < STILL_MS && timeout >= STILL_MS) return done({ kind: 'restless', look });
    const before = look;
    const next = await waitFor(machine, {
      what: `${what} to stand still`,
      on: ['screen'],
      timeout: STILL_MS,
      check: async () => {
        const now = await take();
        return moved(before, now) ? now : undefined;
      },
    });
    waited.checks = (waited.checks ?? 0) + (next.waited.checks ?? 0);
    switch (next.outcome.kind) {
      case 'timeout':
        return done({ kind: 'looked', look });
      case 'failed':
        // The picture of a guest that is off or halted does not move any more.
        return done(next.outcome.error.kind === 'guest' ? { kind: 'looked', look } : next.outcome);
      case 'met':
        look = next.outcome.value;
    }
  }
}
