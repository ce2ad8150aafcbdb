/** What is said when a wait took longer on the host than it may. */
import { GuestwrightError } from '../errors.js';

/** @param guardMs wall ms that it had @param guestMs guest ms that were still to pass */
export function guardFired(guardMs: number, guestMs: number): GuestwrightError {
  return new GuestwrightError('The wall-clock guard stopped the machine', {
    kind: 'infrastructure',
    code: 'guard-fired',
    expected: `${guestMs} guest ms to pass within ${guardMs} ms of wall time`,
    seen: 'the engine was still running then',
    next: 'give the machine longer (timeouts.guard), or look for what keeps this host busy',
  });
}
