import { expect, test } from 'vitest';
import type { RunRecord } from '../../goldens/run-record.js';
import { decidePrune, wordRefusal } from './prune.js';
import type { GoldenOnDisk } from './state.js';

type Status = RunRecord['tests'][number]['status'];

const run = (statuses: Record<string, Status>, more: Partial<RunRecord> = {}): RunRecord => ({
  project: '..',
  tests: Object.entries(statuses).map(([id, status]) => ({
    id,
    title: `title of ${id}`,
    file: `scenarios/${id}.spec.ts`,
    status,
  })),
  ended: true,
  used: [],
  pending: [],
  ...more,
});

const golden = (name: string, used: boolean): GoldenOnDisk => ({
  name,
  file: `golden-screens/${name}.png`,
  width: 720,
  height: 400,
  kind: 'text',
  used,
});

const GOLDENS = [golden('tiny/boot/menu', true), golden('tiny/boot/old', false), golden('tiny/gone/all', false)];

test('what a complete run did not use is unused', () => {
  expect(decidePrune(run({ boot: 'passed', other: 'passed' }), ['boot', 'other'], GOLDENS)).toMatchObject({
    kind: 'decided',
    unused: [{ name: 'tiny/boot/old' }, { name: 'tiny/gone/all' }],
    kept: [],
  });
});

test('goldens of a scenario with skipped tests are kept', () => {
  expect(decidePrune(run({ boot: 'skipped', other: 'passed' }), ['boot', 'other'], GOLDENS)).toMatchObject({
    kind: 'decided',
    unused: [{ name: 'tiny/gone/all' }],
    kept: [{ name: 'tiny/boot/old' }],
  });
});

test.each<[string, RunRecord | null, string, RegExp]>([
  ['no run is known', null, 'no-run', /no run/],
  ['the run was interrupted', run({ boot: 'passed' }, { ended: false }), 'interrupted', /interrupted/],
  ['the run did not include a test', run({}), 'partial', /left out:\n1 that the run did not include/],
  ['the run ended before a test', run({ boot: 'not run' }), 'partial', /left out:\ntitle of boot/],
  ['a test failed', run({ boot: 'failed' }), 'failed', /not have come to their goldens:\ntitle of boot/],
])('nothing is unused when %s', (_, record, why, words) => {
  const decision = decidePrune(record, ['boot'], GOLDENS);
  expect(decision).toMatchObject({ kind: 'refused', why });
  if (decision.kind === 'refused') expect(wordRefusal(decision).seen).toMatch(words);
});

test('a refusal names five tests, and counts the others', () => {
  const many = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`t${i}`, 'failed' as const]));
  const decision = decidePrune(run(many), [], []);
  if (decision.kind !== 'refused') throw new Error('it was decided');
  expect(wordRefusal(decision).seen).toMatch(/title of t4\nand 3 more$/);
});
