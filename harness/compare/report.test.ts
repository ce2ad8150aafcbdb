import { expect, test } from 'vitest';
import { compareRuns, type ComparedMachine, type CompareRules } from './compare.js';
import { findingsOf } from './findings.js';
import type { Course } from './course.js';
import { compareReport } from './report.js';

const machine = (name: string): ComparedMachine => ({
  name: `embedded › scenarios/first-boot.spec.ts › the installer › ${name} › m`,
  scenario: 'scenarios/first-boot.spec.ts',
  test: name,
  machine: 'm',
  steps: [{ a: null, b: null, title: 'Press Enter', occurrence: 0, differences: [], carried: false }],
  diverged: 0,
});

test('steps of tests with names that begin alike are places of their own in the page', () => {
  const page = compareReport({
    images: { a: 'a', b: 'b' },
    machines: [machine('asks'), machine('answers')],
    findings: [],
    rules: { ignore: [], timeTolerance: 25 },
    differencePicture: () => null,
    notes: [],
  });
  const places = [...page.matchAll(/<details id="([^"]+)"/g)].map(([, id]) => id);
  expect(places).toHaveLength(2);
  expect(new Set(places).size).toBe(2);
});

const RULES: CompareRules = { ignore: [], timeTolerance: 25 };

/** The report of two runs in which a machine has said these. */
function reportOf(serialA: string, serialB: string): string {
  const said = (serial: string): Course => ({
    version: 1,
    project: 'p',
    scenario: 's.spec.ts',
    test: 't',
    machine: 'm',
    replaced: true,
    passed: true,
    error: null,
    steps: [{ title: 'x', from: 0, at: 1, error: null, picture: null, text: null, serial, exitCode: null }],
  });
  const runs = [serialA, serialB].map((serial) => ({
    courses: [said(serial)],
    picture: () => ({ width: 0, height: 0, rgba: new Uint8Array() }),
  }));
  const [a, b] = runs;
  if (a === undefined || b === undefined) throw new Error('there are two');
  const machines = compareRuns(a, b, RULES);
  const findings = findingsOf(machines, 'b', [], RULES);
  const images = { a: 'a', b: 'b' };
  return compareReport({ images, machines, findings, rules: RULES, differencePicture: () => null, notes: [] });
}

test('a difference far before the end of the output is shown', () => {
  const rest = 'the same\n'.repeat(1_000);
  const page = reportOf(`${'early\n'.repeat(10)}old\n${rest}`, `${'early\n'.repeat(10)}new\n${rest}`);
  expect(page).toMatch(/^- +3 \| old$/m);
  expect(page).toMatch(/^\+ +3 \| new$/m);
  expect(page).toContain('… 7 lines before are the same');
  expect(page).toMatch(/… \d+ lines after/);
});

test('a difference far to the right in a line is shown', () => {
  const page = reportOf(`${'x'.repeat(5_000)}old`, `${'x'.repeat(5_000)}new`);
  expect(page).toMatch(/>- 0 \| …x+old$/m);
  expect(page).toMatch(/^\+ 0 \| …x+new$/m);
});
