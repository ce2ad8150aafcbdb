import { expect, test } from 'vitest';
import type { ComparedMachine } from './compare.js';
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
