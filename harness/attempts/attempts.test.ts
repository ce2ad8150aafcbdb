import { expect, test } from 'vitest';
import { ATTEMPT_TYPE, parseAttempt, type Attempt, type AttemptEvent } from './attempt.js';
import { compareAttempts } from './compare.js';
import { partingOf } from './parting.js';
import { wordInput } from './word-input.js';
import { wordParting } from './word.js';

const input = (words: string, at: number): AttemptEvent => ({ kind: 'input', at, words });
const step = (
  title: string,
  at: number,
  more: Partial<Extract<AttemptEvent, { kind: 'step' }>> = {},
): AttemptEvent => ({
  kind: 'step',
  from: 0,
  at,
  title,
  passed: true,
  screen: null,
  serial: null,
  ...more,
});
const attempt = (events: AttemptEvent[], more: Partial<Attempt> = {}): Attempt => ({
  version: 1,
  machine: 'tiny',
  exact: true,
  events,
  screens: {},
  ...more,
});

const GOOD = attempt([step('Expect READY', 900), input('key KeyA pressed', 910), step('Type "a"', 930)]);

function words(failed: Attempt, passed: Attempt = GOOD): string {
  return wordParting(compareAttempts(passed, failed));
}

test('another key is the first at which they part, with the step that it is in', () => {
  const failed = attempt([step('Expect READY', 900), input('key KeyB pressed', 910), step('Type "b"', 930)]);
  expect(words(failed)).toBe(
    'the attempts part in the step "Type "b"": expected key KeyA pressed at 0.91 s, seen key KeyB pressed at 0.91 s',
  );
});

test('of a bit-exact machine another time is a difference, of another one it is not', () => {
  const later = [step('Expect READY', 900), input('key KeyA pressed', 920), step('Type "a"', 940)];
  expect(words(attempt(later))).toBe(
    'the attempts part in the step "Type "a"": expected key KeyA pressed at 0.91 s, seen key KeyA pressed at 0.92 s',
  );
  const [passed, failed] = [attempt(GOOD.events, { exact: false }), attempt(later, { exact: false })];
  expect(compareAttempts(passed, failed)).toEqual({ outcome: 'same', steps: 2 });
});

test('a step that ended otherwise, and one that there was no more, are named with their times', () => {
  expect(words(attempt([step('Expect READY', 30_900, { passed: false })]))).toBe(
    'the attempts part in the step "Expect READY": expected that it passed at 0.90 s, seen that it failed at 30.90 s',
  );
  expect(words(attempt(GOOD.events.slice(0, 1)))).toBe(
    'the attempts part in the step "Type "a"": expected key KeyA pressed at 0.91 s, seen the end of the attempt',
  );
});

test('what the screen showed is compared row by row, where both were looked at', () => {
  const showing = (row: string | null) =>
    attempt([step('Wait', 500, { screen: row })], row === null ? {} : { screens: { [row]: ['boot', row] } });
  expect(words(showing('other'), showing('ready'))).toBe(
    'the attempts part in what the screen showed after the step "Wait", row 2: expected "ready" at 0.50 s, seen "other" at 0.50 s',
  );
  expect(compareAttempts(showing('ready'), showing(null)).outcome).toBe('same');
});

test('the output of the serial port counts where it is no chance how much of it there is', () => {
  const said = (serial: string, exact: boolean) => attempt([step('Wait', 500, { serial })], { exact });
  expect(compareAttempts(said('a', true), said('b', true)).outcome).toBe('serial');
  expect(compareAttempts(said('a', false), said('b', false)).outcome).toBe('same');
});

test('attempts that did the same with the machine differ outside of it, and that is said', () => {
  expect(words(GOOD)).toContain('did the same with the machine, in 2 steps');
});

test('only what is an attempt is read, and the first machine that parts is named', () => {
  expect(parseAttempt(JSON.stringify(GOOD))).toEqual(GOOD);
  expect(parseAttempt('{')).toBeNull();
  expect(parseAttempt(JSON.stringify({ ...GOOD, version: 2 }))).toBeNull();
  const attached = (...attempts: Attempt[]) => ({
    attachments: attempts.map((one) => ({
      name: 'course',
      contentType: ATTEMPT_TYPE,
      body: Buffer.from(JSON.stringify(one)),
    })),
  });
  const other = attempt([step('Press Enter', 10)], { machine: 'other' });
  const parted = attempt([step('Press Tab', 10)], { machine: 'other' });
  expect(partingOf(attached(GOOD, other), attached(GOOD, parted))).toMatch(/^other: the attempts part .*Press Tab/);
  expect(partingOf(attached(), attached(GOOD))).toBeNull();
});

test('of a secret nothing is in the words of an input', () => {
  expect(wordInput({ kind: 'key', code: 'KeyA', down: true }, true)).toBe('a secret (key)');
  expect(wordInput({ kind: 'key', code: 'KeyA', down: false }, false)).toBe('key KeyA released');
  const data = new TextEncoder().encode('hunter2');
  expect(wordInput({ kind: 'serial', port: 0, data }, true)).not.toContain('hunter2');
  expect(wordInput({ kind: 'serial', port: 0, data }, false)).toBe('"hunter2" to serial port 0');
});
