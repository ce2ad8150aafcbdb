import { expect, test } from 'vitest';
import { chooseCuts } from './choose-cuts.js';
import type { Which } from './types.js';

test('the power is cut after every write, or every so many', () => {
  expect(chooseCuts('every', 3)).toEqual({ outcome: 'cuts', after: [1, 2, 3] });
  expect(chooseCuts('every 10th', 35)).toEqual({ outcome: 'cuts', after: [10, 20, 30] });
  expect(chooseCuts('every 2nd', 4)).toEqual({ outcome: 'cuts', after: [2, 4] });
});

test('without a word there are about 50 cuts, and never more than writes', () => {
  const many = chooseCuts(undefined, 1234);
  expect(many.outcome === 'cuts' && many.after.length).toBeGreaterThanOrEqual(50);
  expect(many.outcome === 'cuts' && many.after.length).toBeLessThan(60);
  expect(chooseCuts(undefined, 4)).toEqual({ outcome: 'cuts', after: [1, 2, 3, 4] });
});

test('a step that writes too little gives no cut', () => {
  expect(chooseCuts('every 10th', 9)).toEqual({ outcome: 'none', every: 10 });
  expect(chooseCuts(undefined, 0)).toEqual({ outcome: 'none', every: 1 });
});

test.each(['every 0th', 'every 1.5th', 'each', 'every 10', 'every -1st', 'every 10th and more'])(
  '%s is no choice',
  (text) => {
    expect(chooseCuts(text as Which, 100)).toEqual({ outcome: 'invalid' });
  },
);
