/** Keeps every processor of the host busy, from threads of this process: they end with it, whatever way it ends. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

export interface Busy extends AsyncDisposable {
  threads: number;
}

export function keepBusy(): Busy {
  const workers = Array.from(
    { length: availableParallelism() },
    () => new Worker('for (let i = 0; ; i++) Math.sqrt(i);', { eval: true }),
  );
  return {
    threads: workers.length,
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.map(async (worker) => worker.terminate()));
    },
  };
}
