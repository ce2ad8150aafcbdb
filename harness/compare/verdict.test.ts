import { expect, test } from 'vitest';
import type { Difference } from './compare.js';
import { verdictOf } from './verdict.js';

const neither = { a: false, b: false };
const machine = { diverged: null };
const finding = (difference: Difference, isAccepted: boolean) => ({ isAccepted, found: { difference, seen: '' } });
const OUTCOME: Difference = { kind: 'outcome', a: null, b: 'not in time' };

test('nothing that differs, or all of it accepted, is the same', () => {
  expect(verdictOf(neither, [machine], [])).toEqual({ kind: 'same', accepted: 0 });
  expect(verdictOf(neither, [machine], [finding({ kind: 'serial' }, true)])).toEqual({ kind: 'same', accepted: 1 });
});

test('what is not accepted, and what has parted, is different', () => {
  expect(verdictOf(neither, [machine], [finding({ kind: 'serial' }, false)])).toEqual({ kind: 'different', open: 1 });
  expect(verdictOf(neither, [machine, { diverged: 2 }], [])).toEqual({ kind: 'different', open: 0 });
});

test('a failure that no step shows is never the same', () => {
  expect(verdictOf({ a: false, b: true }, [machine], [])).toEqual({ kind: 'one-failed', side: 'b' });
  expect(verdictOf({ a: true, b: false }, [machine], [])).toEqual({ kind: 'one-failed', side: 'a' });
  expect(verdictOf({ a: true, b: true }, [machine], [])).toEqual({ kind: 'both-failed', open: 0 });
});

test('a failure on one image can be accepted', () => {
  expect(verdictOf({ a: false, b: true }, [machine], [finding(OUTCOME, true)])).toEqual({ kind: 'same', accepted: 1 });
});
