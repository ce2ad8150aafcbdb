/** The runs of `guestwright verify` that answer from a store: one that fills it, one that asks it for more, one that needs no guest. */
import path from 'node:path';
import { MEMOISE_VARIABLE } from '../../fixtures/memoised.js';
import type { LogEntry } from '../../verify/log.js';
import { compareMemoised, isAsExpected, planAsking, planFilling, wordMemoised } from '../../verify/memoised.js';
import { VERIFY_MEMOISE } from '../../verify/record.js';
import { oneRun, say, type Chosen, type Logs } from './one-run.js';

export type MemoisedVerdict =
  | { outcome: 'same'; runs: number }
  | { outcome: 'different' }
  /** No machine of these scenarios is memoised. */
  | { outcome: 'none' };

/**
 * @param folder for the store, the logs and the results
 * @param expected logs of the first run, which was not memoised
 */
export async function verifyMemoised(chosen: Chosen, folder: string, expected: Logs): Promise<MemoisedVerdict> {
  const filling = planFilling(expected, path.join(folder, 'store'));
  const asking = planAsking(filling);
  const runs = [
    { how: 'a run that is memoised, with nothing in the store', plan: filling, allStored: false },
    { how: 'from the store, with new questions from half-way on', plan: asking, allStored: false },
    { how: 'from the store, where everything is now', plan: asking, allStored: true },
  ];
  for (const [index, { how, plan, allStored }] of runs.entries()) {
    const env = { [VERIFY_MEMOISE]: JSON.stringify(plan) };
    const { logs } = await oneRun(chosen, folder, { name: `memoised run ${index + 1}`, how, env });
    // What a store says that was filled by another run than the first proves nothing more.
    if (!report(expected, logs, allStored)) return { outcome: 'different' };
    if (![...logs.values()].some(isMemoised)) return { outcome: 'none' };
  }
  return { outcome: 'same', runs: runs.length };
}

/** Whether the user has not said that nothing is to be memoised. */
export function mayMemoise(): boolean {
  return process.env[MEMOISE_VARIABLE] !== 'off';
}

function isMemoised(log: readonly LogEntry[]): boolean {
  return log.some((entry) => entry.kind === 'end' && entry.memoised !== null);
}

/** Says for every machine how the run was. */
function report(expected: Logs, seen: Logs, allStored: boolean): boolean {
  let same = true;
  for (const [name, log] of expected) {
    const comparison = compareMemoised(log, seen.get(name) ?? [], { allStored });
    const { verdict, detail } = wordMemoised(comparison);
    same = isAsExpected(comparison) && same;
    say(`  ${verdict}: ${name}${detail === null ? '' : `\n    ${detail.replaceAll('\n', '\n    ')}`}`);
  }
  return same;
}
