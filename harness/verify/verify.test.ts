import { expect, test } from 'vitest';
import { compareSteps, wordComparison } from './compare.js';
import { chooseHalfway } from './halfway.js';
import type { LogEntry, Step } from './log.js';

const step = (title: string, at: number, clock = 'c', memory = 'm'): Step => ({
  kind: 'step',
  at,
  title,
  hash: { hash: `${clock}${memory}`, parts: { memory, clock } },
});

test('runs with the same hashes after every step are the same', () => {
  const steps = [step('Press Enter', 10), step('Type ls', 20)];
  expect(compareSteps(steps, structuredClone(steps))).toEqual({ outcome: 'same', steps: 2 });
});

test('the first step that differs is named, with the parts of the state that do', () => {
  const comparison = compareSteps(
    [step('Press Enter', 10), step('Type ls', 20), step('Press Tab', 30)],
    [step('Press Enter', 10), step('Type ls', 20, 'other'), step('Press Tab', 30, 'other', 'other')],
  );
  expect(comparison).toMatchObject({ outcome: 'different', step: 2, parts: ['clock'] });
  if (comparison.outcome === 'same') throw new Error('they differ');
  expect(wordComparison(comparison)).toBe(
    'step 2 "Type ls" is the first that differs, at guest time 20 ms; what differs: clock',
  );
});

test('another guest time is a difference although the state is the same', () => {
  const comparison = compareSteps([step('Type ls', 20)], [step('Type ls', 30)]);
  if (comparison.outcome === 'same') throw new Error('they differ');
  expect(wordComparison(comparison)).toContain('at guest time 30 ms rather than 20 ms');
});

test('a run that ends earlier, or does something else, diverged', () => {
  const comparison = compareSteps([step('Press Enter', 10), step('Type ls', 20)], [step('Press Enter', 10)]);
  expect(comparison).toEqual({ outcome: 'diverged', step: 2, expected: 'Type ls', seen: null });
  if (comparison.outcome === 'same') throw new Error('they differ');
  expect(wordComparison(comparison)).toContain('expected "Type ls", seen the end of the run');
  expect(compareSteps([step('a', 1)], [step('b', 1)]).outcome).toBe('diverged');
});

const save = (at: number, id: string): LogEntry => ({ kind: 'save', at, id });
const restore = (at: number, id: string): LogEntry => ({ kind: 'restore', at, id });

test('half-way is the whole guest second in the middle of the steps', () => {
  expect(chooseHalfway([step('a', 900), step('b', 1_900), step('c', 2_900), step('d', 3_900)])).toBe(2_000);
});

test('a run of less than a guest second has no half-way', () => {
  expect(chooseHalfway([step('a', 10), step('b', 990)])).toBeNull();
});

test('nothing after half-way goes back to before it', () => {
  const log = [
    step('a', 1_500),
    save(1_500, 's1'),
    step('b', 2_500),
    step('c', 3_500),
    restore(1_500, 's1'),
    step('d', 1_600),
  ];
  // Going back from after 2000 or 3000 would need the snapshot of 1500.
  expect(chooseHalfway(log)).toBe(1_000);
});

test('half-way can be after the last revert, where no instant was passed before', () => {
  const log = [save(0, 's1'), step('a', 1_500), restore(0, 's1'), step('b', 1_200), step('c', 2_500), step('d', 3_500)];
  expect(chooseHalfway(log)).toBe(2_000);
});
