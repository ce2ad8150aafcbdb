/**
 * The embedded engine: how fast the guest runs, how long a snapshot, a frame and two whole boots take.
 *
 * Ours and stock v86 are measured in turns (A, B, A, B, …), each in a fresh process, because a shared machine is not
 * equally fast for a minute. A figure is the median of its runs; a ratio is the median of the ratios of neighbours.
 */
import type { Figure } from './figures.js';
import { median } from './figures.js';
import type { Group } from './group.js';
import { timeBoots } from './v86/boots.js';
import { measureFrames } from './v86/frames.js';
import { runInProcess, type Run } from './v86/run.js';

/** Pairs of runs. */
const ROUNDS = 5;

export const v86: Group = {
  async measure(note) {
    const runs: Record<'ours' | 'stock', Run[]> = { ours: [], stock: [] };
    for (let round = 1; round <= ROUNDS; round++) {
      for (const which of ['ours', 'stock'] as const) {
        const run = await runInProcess(which);
        runs[which].push(run);
        note(`${round}/${ROUNDS} ${which}: ${wordRun(run)}`);
      }
    }
    const { ours, stock } = runs;
    return {
      'v86.throughput': compare(ours, stock, 'instructions/s', (run) => run.instructions / run.busySeconds, 'higher'),
      'v86.save': compare(ours, stock, 'ms', (run) => median(run.saveMs), 'lower'),
      'v86.restore': compare(ours, stock, 'ms', (run) => median(run.restoreMs), 'lower'),
      ...(await measureFrames(note)),
      ...(await timeBoots(note)),
    };
  },
};

function wordRun({ instructions, busySeconds, idleSeconds }: Run): string {
  const millions = (instructions / 1e6).toFixed(0);
  return `${millions} M instructions to the prompt in ${busySeconds.toFixed(2)} s (and ${idleSeconds.toFixed(2)} s asleep)`;
}

/** Ours against stock. A ratio above 1 means that ours is better. */
function compare(
  ours: readonly Run[],
  stock: readonly Run[],
  unit: string,
  figure: (run: Run) => number,
  better: 'higher' | 'lower',
): Figure {
  const ratios = ours.flatMap((run, i) => {
    const neighbour = stock[i];
    if (neighbour === undefined) return [];
    const ratio = figure(run) / figure(neighbour);
    return [better === 'higher' ? ratio : 1 / ratio];
  });
  return { value: median(ours.map(figure)), unit, baseline: median(stock.map(figure)), ratio: median(ratios) };
}
