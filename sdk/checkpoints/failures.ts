/** What is said of checkpoints that cannot be kept or used. */
import { GuestwrightError } from '../errors.js';

export function checkpointNotKept(name: string, why: string): GuestwrightError {
  return new GuestwrightError(`The checkpoint "${name}" was not stored`, {
    kind: 'infrastructure',
    code: 'checkpoint-not-kept',
    seen: why,
    next: 'it will run again the next time',
  });
}

export function checkpointUnusable(name: string, seen: string): GuestwrightError {
  return new GuestwrightError(`The checkpoint "${name}" in the store could not be used, and was run again`, {
    kind: 'infrastructure',
    code: 'checkpoint-unusable',
    seen,
    next: 'it has been taken out of the store; look at the disk that the store is on if this comes back',
  });
}

export function stateGone(state: string): GuestwrightError {
  return new GuestwrightError('What the machine began with is not there any more', {
    kind: 'usage',
    code: 'state-missing',
    expected: `the state ${state}, by which its checkpoints are known`,
    seen: 'no such file',
    next: 'leave the file there until the scenario has ended',
  });
}
