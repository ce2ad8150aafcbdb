/** What is said of saved states that cannot be used: the same on every engine. */
import { GuestwrightError } from '../errors.js';

/** Damaged, or no state at all. */
export function stateInvalid(name: string, seen: string): GuestwrightError {
  return new GuestwrightError(`The saved state ${name} cannot be used`, {
    kind: 'usage',
    code: 'state-invalid',
    expected: 'an undamaged file that machine.saveState() wrote',
    seen,
    next: 'save the state again',
  });
}

export function stateOfAnotherMachine(name: string, from: string, identity: string): GuestwrightError {
  return new GuestwrightError(`The saved state ${name} is of another machine`, {
    kind: 'usage',
    code: 'state-of-another-machine',
    expected: 'a state of the same engine build, firmware, hardware and media',
    seen: `a state with the identity ${from.slice(0, 16)}…, this machine has ${identity.slice(0, 16)}…`,
    next: 'launch with the spec that the state was saved with, or save it anew',
  });
}
