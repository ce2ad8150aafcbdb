/** Processes by what is in their environment: for tests that look for what was left running. */
import { readFileSync, readdirSync } from 'node:fs';

/** Ids of the processes that carry this run id. */
export function processesOf(runId: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(runId);
      } catch {
        // It has ended meanwhile, or is a zombie.
        return false;
      }
    })
    .map(Number);
}
