import { expect, test } from 'vitest';
import type { FailureKind } from '../../sdk/errors.js';
import { countFailures, exitCodeHint, wordSummary, type FailedScenario } from './tally.js';

function failed(kind: FailureKind, title: string): FailedScenario {
  return { title, file: '/p/scenarios/a.spec.ts', line: 3, failure: { kind, code: `${kind}-code` } };
}

test('kinds of failures are counted apart', () => {
  const failures = [failed('guest', 'a'), failed('guest', 'b'), failed('unstable', 'c')];
  expect(countFailures(failures)).toEqual({ assertion: 0, guest: 2, infrastructure: 0, usage: 0, unstable: 1 });
});

test.each([
  [[], 0, 0],
  [['unstable'], 0, 0],
  [['assertion'], 0, 1],
  [['guest'], 0, 1],
  [['usage'], 0, 1],
  [['assertion', 'infrastructure'], 0, 3],
  [[], 1, 1],
] as const)('failures %j with %i errors outside of scenarios give the exit code %i', (kinds, errors, code) => {
  expect(exitCodeHint(countFailures(kinds.map((kind) => failed(kind, 'x'))), errors)).toBe(code);
});

test('the summary names each failure under its kind, and where the report is', () => {
  const failures = [
    failed('infrastructure', 'p › boots'),
    failed('assertion', 'p › types'),
    { ...failed('unstable', 'p › waits'), parting: 'the attempts part in the step "Type"' },
  ];
  const counts = { passed: 1, skipped: 0, failed: countFailures(failures) };
  const summary = {
    counts,
    failures,
    errors: [],
    memoised: [{ title: 'p › boots again', words: '12 of 13 steps from store', durationMs: 312 }],
    exitCodeHint: 3,
    htmlReport: 'reports/html/index.html',
    durationMs: 1,
  };
  expect(wordSummary({ ...summary, exitCodeHint: 3 })).toBe(
    [
      '',
      '  1 asserted something that did not happen:',
      '    p › types [assertion-code]',
      '  1 failed in the infrastructure (the host, an engine or a tool):',
      '    p › boots [infrastructure-code]',
      '  1 passed only on a retry:',
      '    p › waits [unstable-code]',
      '      the attempts part in the step "Type"',
      '  p › boots again: 12 of 13 steps from store, 0.3 s',
      '  Report: reports/html/index.html',
      '',
    ].join('\n'),
  );
});
