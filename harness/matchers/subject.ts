/** What `expect(...)` was given, and how long a matcher waits for it. */
import { inspect } from 'node:util';
import { GuestwrightError } from '../../sdk/errors.js';
import type { Machine, ScreenRegion } from '../../sdk/machine/types.js';
import { knownMachine, type KnownMachine } from '../fixtures/record.js';

/** Playwright's own default for `expect`, wall ms. A matcher cannot tell it from one that was set on purpose. */
const PLAYWRIGHT_EXPECT_MS = 5_000;

/**
 * The machine behind a matcher's subject, which may be the machine itself or its screen.
 * @throws GuestwrightError `usage/matcher-subject`
 */
export function subjectOf(received: unknown, matcher: string, wanted: 'machine' | 'machine.screen'): KnownMachine {
  const found = knownMachine(received);
  if (found !== undefined) return found;
  throw new GuestwrightError(`${matcher} was given something that is not ${wanted}`, {
    kind: 'usage',
    code: 'matcher-subject',
    expected: `expect(${wanted}).${matcher}(…), with a machine of the fixtures "machine" or "launch"`,
    seen: inspect(received, { depth: 0 }),
    next: 'a machine that a scenario launches itself has to come from the fixture "launch": async ({ launch }) => …',
  });
}

export interface ScreenSubject extends KnownMachine {
  /** `machine.screen`, or the part of it: for messages. */
  words: string;
  /** Undefined for the whole screen. */
  within: ScreenRegion | undefined;
}

/**
 * The screen behind a matcher's subject: a machine's, or a part of one (`screen.region(…)`).
 * @throws GuestwrightError `usage/matcher-subject`
 */
export function screenSubject(received: unknown, matcher: string): ScreenSubject {
  if (isRegion(received)) {
    const { machine, guest } = subjectOf(received.screen, matcher, 'machine.screen');
    return { machine, guest, words: `machine.screen.region(${received.toString()})`, within: received };
  }
  return { ...subjectOf(received, matcher, 'machine.screen'), words: 'machine.screen', within: undefined };
}

function isRegion(received: unknown): received is ScreenRegion {
  return typeof received === 'object' && received !== null && 'place' in received && 'screen' in received;
}

/**
 * How long a matcher waits, ms of guest time where the engine owns the clock: its own option; else what `expect` is
 * configured to (the config's `expect.timeout`, `expect.configure`); else the machine's default. Playwright's default of
 * 5 s is a wall time made for web pages, so it counts as "nothing configured".
 */
export function matcherTimeout(machine: Machine, option: number | undefined, configured: number): number {
  if (option !== undefined) return option;
  return configured === PLAYWRIGHT_EXPECT_MS ? machine.timeouts.expect : configured;
}
