/** Work on disks that may take long: it says how far it is, and ends tidily when it is asked to. */
import { Interrupted } from '../compare/interruption.js';
import { size } from '../store.js';
import type { DiskProgress } from '../../../sdk/disks/index.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** Nothing is said of what is over sooner, ms. */
const SOON = 2_000;
/** Between two lines where no terminal shows them, ms. */
const BETWEEN_LINES = 5_000;
const BETWEEN_FRAMES = 200;

/**
 * Runs `work` with a signal that is aborted when this process is asked to end; then what it has begun is put away first, and
 * the exit code is what a shell expects. `kept` says what is left as it was.
 */
export async function longWork(
  kept: string,
  work: (context: { signal: AbortSignal; onProgress: DiskProgress }) => Promise<void>,
): Promise<void> {
  const abort = new AbortController();
  const take = (signal: NodeJS.Signals): void => abort.abort(new Interrupted(signal));
  for (const signal of SIGNALS) process.on(signal, take);
  using said = new ProgressLine();
  try {
    await work({ signal: abort.signal, onProgress: (done, all) => said.show(done, all) });
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    said[Symbol.dispose]();
    process.stderr.write(`${error.message}: ${kept}\n`);
    process.exitCode = error.exitCode;
  } finally {
    for (const signal of SIGNALS) process.off(signal, take);
  }
}

/** On a terminal one line that is written over; elsewhere a line now and then. */
class ProgressLine implements Disposable {
  readonly #began = performance.now();
  readonly #terminal = process.stderr.isTTY;
  #last = 0;
  #shown = false;

  show(done: number, all: number): void {
    const now = performance.now();
    if (now - this.#began < SOON || now - this.#last < (this.#terminal ? BETWEEN_FRAMES : BETWEEN_LINES)) return;
    this.#last = now;
    const percent = all === 0 ? 100 : Math.floor((100 * done) / all);
    const words = `${percent} %: ${size(done)} of ${size(all)}`;
    process.stderr.write(this.#terminal ? `\r${words.padEnd(40)}` : `${words}\n`);
    this.#shown = this.#terminal;
  }

  [Symbol.dispose](): void {
    if (this.#shown) process.stderr.write(`\r${' '.repeat(40)}\r`);
    this.#shown = false;
  }
}
