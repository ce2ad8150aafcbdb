/** Decides what the memoised runs of `guestwright verify` are to be asked, and whether they were as the first run. */
import type { GuestTime } from '../../sdk/index.js';
import { compareSteps, wordComparison, type Comparison } from './compare.js';
import { stepsOf, type LogEntry, type MemoisedShare } from './log.js';

/** How the machines of a run are memoised. */
export interface MemoisePlan {
  /** Folder of the store that they answer from. */
  store: string;
  /** See `MemoiseOptions`. */
  storeAfterMs: number;
  /** By log name: so many steps are hashed; null: all are. What is not in it is hashed after every step. */
  machines: Record<string, { hashed: number | null }>;
}

/** Guest ms up to which a run gets a snapshot every guest second: otherwise it would get none to go on from. */
const SHORT_MS = 20_000;
/** Wall ms of running between two snapshots of a longer run. */
const STORE_AFTER_MS = 1_000;

/**
 * For the run that fills the store: only the first half of the steps is hashed. A run that hashes all of them has the
 * first half answered then, and a question in the middle that the store cannot answer.
 */
export function planFilling(logs: ReadonlyMap<string, readonly LogEntry[]>, store: string): MemoisePlan {
  const all = [...logs].map(([name, log]) => ({ name, steps: stepsOf(log) }));
  const longest = Math.max(0, ...all.flatMap(({ steps }) => steps.map(({ at }) => at)));
  return {
    store,
    storeAfterMs: longest <= SHORT_MS ? 0 : STORE_AFTER_MS,
    machines: Object.fromEntries(all.map(({ name, steps }) => [name, { hashed: steps.length >> 1 }])),
  };
}

/** For a run that has every step hashed. */
export function planAsking({ store, storeAfterMs }: MemoisePlan): MemoisePlan {
  return { store, storeAfterMs, machines: {} };
}

export type MemoisedComparison =
  | { outcome: 'same'; steps: number; starts: number; ran: GuestTime }
  | Exclude<Comparison, { outcome: 'same' }>
  /** All was in the store, and an engine was started all the same. */
  | { outcome: 'started'; steps: number; starts: number; ran: GuestTime }
  /** The store could not be used: the run proves nothing. */
  | { outcome: 'store-failed'; problems: readonly string[] }
  /** The machine did not come to its end. */
  | { outcome: 'no-end' }
  /** It cannot be, or the scenario says that it is not to be. */
  | { outcome: 'not-memoised' };

/** @param allStored whether everything that this run asks has been put into the store by those before it */
export function compareMemoised(
  expected: readonly LogEntry[],
  seen: readonly LogEntry[],
  { allStored }: { allStored: boolean },
): MemoisedComparison {
  const end = endOf(seen);
  if (end === null && seen.length > 0) return { outcome: 'not-memoised' };
  const compared = compareSteps(stepsOf(expected), stepsOf(seen));
  if (compared.outcome !== 'same') return compared;
  if (end === undefined || end === null) return { outcome: 'no-end' };
  const { starts, ran, problems } = end;
  if (problems.length > 0) return { outcome: 'store-failed', problems };
  const outcome = allStored && starts > 0 ? 'started' : 'same';
  return { outcome, steps: compared.steps, starts, ran };
}

/** Null: not memoised. Undefined: it did not end. */
function endOf(log: readonly LogEntry[]): MemoisedShare | null | undefined {
  return log.find((entry) => entry.kind === 'end')?.memoised;
}

/** What is left out proves nothing, and is no fault. */
export function isAsExpected({ outcome }: MemoisedComparison): boolean {
  return outcome === 'same' || outcome === 'not-memoised';
}

/** In words: how it is for a machine, and more below where there is more to say. */
export function wordMemoised(comparison: MemoisedComparison): { verdict: string; detail: string | null } {
  switch (comparison.outcome) {
    case 'same': {
      const { steps, starts, ran } = comparison;
      return { verdict: `same after each of ${steps} steps, ${wordStarts(starts, ran)}`, detail: null };
    }
    case 'different':
    case 'diverged':
      return { verdict: 'DIFFERENT', detail: wordComparison(comparison) };
    case 'started': {
      const { starts, ran } = comparison;
      const detail = `everything was in the store, and all the same ${wordStarts(starts, ran)}`;
      return { verdict: 'NOT FROM THE STORE', detail };
    }
    case 'store-failed':
      return { verdict: 'NOT POSSIBLE', detail: comparison.problems.join('\n') };
    case 'no-end':
      return { verdict: 'NOT POSSIBLE', detail: 'the machine did not come to its end' };
    case 'not-memoised':
      return { verdict: 'left out, for it is not memoised', detail: null };
  }
}

function wordStarts(starts: number, ran: GuestTime): string {
  if (starts === 0) return 'no engine was started';
  return `the engine was started ${starts === 1 ? 'once' : `${starts} times`} and ran ${(ran / 1000).toFixed(2)} s`;
}
