import { expect, test } from 'vitest';
import type { LogEntry, MemoisedShare } from './log.js';
import { compareMemoised, isAsExpected, planAsking, planFilling, wordMemoised } from './memoised.js';

const step = (title: string, at: number, state: string | null = title): LogEntry => ({
  kind: 'step',
  at,
  title,
  hash: state === null ? null : { hash: state, parts: { memory: state, clock: String(at) } },
});
const end = (share: Partial<MemoisedShare> | null): LogEntry => ({
  kind: 'end',
  memoised: share === null ? null : { ran: 0, starts: 0, problems: [], ...share },
});

const FIRST = [step('a', 100), step('b', 200), step('c', 1_300), end(null)];

test('the run that fills the store is asked for the first half of the hashes, the others for all', () => {
  const plan = planFilling(new Map([['one', FIRST]]), '/store');
  expect(plan).toEqual({ store: '/store', storeAfterMs: 0, machines: { one: { hashed: 1 } } });
  expect(planAsking(plan)).toEqual({ store: '/store', storeAfterMs: 0, machines: {} });
  // A snapshot every guest second would be many.
  expect(planFilling(new Map([['one', [step('a', 60_000)]]]), '/store').storeAfterMs).toBeGreaterThan(0);
});

test('a memoised run is the same with whatever hashes it was asked for, and says how often the engine was started', () => {
  const seen = [step('a', 100), step('b', 200, null), step('c', 1_300, null), end({ starts: 1, ran: 1_300 })];
  const comparison = compareMemoised(FIRST, seen, { allStored: false });
  expect(comparison).toEqual({ outcome: 'same', steps: 3, starts: 1, ran: 1_300 });
  expect(isAsExpected(comparison)).toBe(true);
  expect(wordMemoised(comparison).verdict).toBe(
    'same after each of 3 steps, the engine was started once and ran 1.30 s',
  );
  const stored = compareMemoised(FIRST, [...FIRST.slice(0, 3), end({})], { allStored: true });
  expect(wordMemoised(stored).verdict).toBe('same after each of 3 steps, no engine was started');
});

test.each([
  [
    'another state',
    [step('a', 100), step('b', 200, 'other'), step('c', 1_300)],
    'step 2 "b" is the first that differs',
  ],
  ['another time', [step('a', 100), step('b', 210, null), step('c', 1_300)], 'at guest time 210 ms rather than 200 ms'],
  ['a step that is missing', [step('a', 100)], 'expected "b", seen the end of the run'],
])('%s in a memoised run is a difference, whatever the engine did', (_what, steps, words) => {
  const comparison = compareMemoised(FIRST, [...steps, end({ starts: 0 })], { allStored: true });
  expect(isAsExpected(comparison)).toBe(false);
  const { verdict, detail } = wordMemoised(comparison);
  expect(verdict).toBe('DIFFERENT');
  expect(detail).toContain(words);
});

test('an engine that was started where everything was in the store is no proof, and said', () => {
  const comparison = compareMemoised(FIRST, [...FIRST.slice(0, 3), end({ starts: 2, ran: 20 })], { allStored: true });
  expect(isAsExpected(comparison)).toBe(false);
  expect(wordMemoised(comparison)).toEqual({
    verdict: 'NOT FROM THE STORE',
    detail: 'everything was in the store, and all the same the engine was started 2 times and ran 0.02 s',
  });
});

test('a store that could not be used, and a run that did not end, prove nothing', () => {
  const full = compareMemoised(FIRST, [...FIRST.slice(0, 3), end({ problems: ['the disk is full'] })], {
    allStored: false,
  });
  expect(wordMemoised(full)).toEqual({ verdict: 'NOT POSSIBLE', detail: 'the disk is full' });
  const killed = compareMemoised(FIRST, FIRST.slice(0, 3), { allStored: false });
  expect(killed).toEqual({ outcome: 'no-end' });
  expect([full, killed].some(isAsExpected)).toBe(false);
});

test('a machine that is not memoised is left out', () => {
  const comparison = compareMemoised(FIRST, FIRST, { allStored: true });
  expect(comparison).toEqual({ outcome: 'not-memoised' });
  expect(isAsExpected(comparison)).toBe(true);
  expect(wordMemoised(comparison).verdict).toBe('left out, for it is not memoised');
});
