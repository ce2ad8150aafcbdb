import { expect, test } from 'vitest';
import { judgeMerged, noteOf } from './merged.js';
import type { Plan } from './plan.js';
import { wordMerged, wordPlan } from './words.js';

const plan = (current: number, fields: Partial<Plan> = {}): Plan => ({
  current,
  total: 3,
  excluded: [],
  tests: { here: 7, all: 12 },
  seconds: { here: 180, all: 370 },
  guessed: { tests: 0, seconds: 5 },
  digest: '0123456789abcdef',
  ...fields,
});

const merged = (...plans: Plan[]) =>
  judgeMerged({ actualWorkers: 4, ...Object.fromEntries(plans.flatMap((one) => Object.entries(noteOf(one)))) });

test.each<[string, Partial<Plan>, string]>([
  ['all is known', {}, 'Shard 1 of 3: 7 of 12 tests, about 3 min of 6 min'],
  [
    'a short one of a long run',
    { seconds: { here: 40, all: 2500 } },
    'Shard 1 of 3: 7 of 12 tests, about 40 s of 42 min',
  ],
  [
    'some are not known',
    { guessed: { tests: 2, seconds: 5 } },
    'Shard 1 of 3: 7 of 12 tests, about 3 min of 6 min; 2 without a known duration, counted as 5 s each',
  ],
  [
    'none is known',
    { seconds: null, guessed: { tests: 12, seconds: 1 } },
    'Shard 1 of 3: 7 of 12 tests; each counts the same: durations.json is not there, or knows none of them',
  ],
])('what a shard says when %s', (_sentence, fields, words) => expect(wordPlan(plan(1, fields))).toBe(words));

test('a report is whole when every shard is there, and all were split alike', () => {
  expect(judgeMerged({ actualWorkers: 4 })).toBeNull();
  expect(merged(plan(3), plan(1), plan(2))).toEqual({ kind: 'whole' });
  expect(merged(plan(2))).toEqual({ kind: 'missing', missing: [1, 3], total: 3 });
  expect(merged(plan(1), plan(2, { digest: 'fedcba9876543210' }), plan(3))).toEqual({ kind: 'differ' });
  expect(merged(plan(1), plan(2, { total: 4 }))).toEqual({ kind: 'differ' });
});

test('a report that is not whole says what is missing', () => {
  expect(wordMerged({ kind: 'missing', missing: [1, 3], total: 3 })).toContain('shards 1, 3 of 3 left none');
  expect(wordMerged({ kind: 'differ' })).toContain('durations.json');
});
