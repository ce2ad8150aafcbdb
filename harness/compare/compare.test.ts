import { expect, test } from 'vitest';
import type { Picture } from '../../sdk/screen/picture.js';
import { isAccepted } from './accepted.js';
import { compareRuns, type ComparedMachine, type CompareRules, type Difference } from './compare.js';
import type { Course, CourseStep } from './course.js';
import { findingsOf, staleOf } from './findings.js';
import { partFor, replaceCatalogueImage, replaceFile } from './replace-image.js';
import { compareReport } from './report.js';

const RULES: CompareRules = { ignore: [], timeTolerance: 25 };
const step = (title: string, more: Partial<CourseStep> = {}): CourseStep => ({
  title,
  from: 0,
  at: 1_000,
  error: null,
  picture: null,
  text: null,
  serial: '',
  exitCode: null,
  ...more,
});
const course = (steps: CourseStep[], more: Partial<Course> = {}): Course => ({
  version: 1,
  project: 'p',
  scenario: 's.spec.ts',
  test: 'boots',
  machine: 'm',
  replaced: true,
  passed: true,
  error: null,
  steps,
  ...more,
});

/** One pixel whose colour is in its name. */
const picture = (name: string): Picture => ({ width: 1, height: 1, rgba: Uint8Array.of(Number(name), 0, 0, 255) });
const run = (...courses: Course[]) => ({ courses, picture });

function compared(a: Course, b: Course, rules = RULES): ComparedMachine {
  const [machine, ...more] = compareRuns(run(a), run(b), rules);
  if (machine === undefined || more.length > 0) throw new Error('one machine is compared');
  return machine;
}
const differences = (a: CourseStep, b: CourseStep, rules = RULES): Difference[] =>
  compared(course([a]), course([b]), rules).steps.flatMap((one) => one.differences.map(({ difference }) => difference));

test('rows, pictures, output, exit codes, outcomes and times are compared, each for itself', () => {
  expect(differences(step('x', { text: ['a', 'b '] }), step('x', { text: ['a', 'b'] }))).toEqual([]);
  expect(differences(step('x', { text: ['a', 'b'] }), step('x', { text: ['a', 'c'] }))).toEqual([
    { kind: 'text', rows: [{ row: 1, a: 'b', b: 'c' }] },
  ]);
  expect(differences(step('x', { picture: '1' }), step('x', { picture: '255' }))).toEqual([
    { kind: 'picture', pixels: 1 },
  ]);
  expect(differences(step('x', { serial: 'a\n' }), step('x', { serial: 'b\n' }))).toEqual([{ kind: 'serial' }]);
  expect(differences(step('x', { exitCode: 0 }), step('x', { exitCode: 1 }))).toEqual([
    { kind: 'exitCode', a: 0, b: 1 },
  ]);
  expect(differences(step('x'), step('x', { error: 'not in time' }))).toEqual([
    { kind: 'outcome', a: null, b: 'not in time' },
  ]);
  expect(differences(step('x', { at: 4_000 }), step('x', { at: 4_900 }))).toEqual([]);
  expect(differences(step('x', { at: 4_000 }), step('x', { at: 5_100 }))).toEqual([
    { kind: 'time', a: 4_000, b: 5_100 },
  ]);
  // Twice as long, and yet nothing.
  expect(differences(step('x', { at: 200 }), step('x', { at: 400 }))).toEqual([]);
});

test('output is compared as the report shows it: colours and carriage returns are no difference', () => {
  expect(differences(step('x', { serial: 'ok\r\n' }), step('x', { serial: '\u001b[32mok\u001b[0m\n' }))).toEqual([]);
});

test('an error is compared without what is to be ignored', () => {
  const [a, b] = ['up 3 s', 'up 4 s'].map((seen) => step('x', { error: `wrong\n  seen: ${seen}` }));
  if (a === undefined || b === undefined) throw new Error('there are two');
  expect(differences(a, b).map(({ kind }) => kind)).toEqual(['outcome']);
  expect(differences(a, b, { ...RULES, ignore: [/up \d+ s/gu] })).toEqual([]);
});

test('colours of the same text are a difference of the picture', () => {
  const same = { text: ['same'] };
  expect(differences(step('x', { ...same, picture: '1' }), step('x', { ...same, picture: '2' }))).toEqual([
    { kind: 'picture', pixels: 1 },
  ]);
});

test('what differs on the screen is told once, for as long as it is there', () => {
  const [a, b] = [
    ['old', ''],
    ['new', ''],
  ];
  const machine = compared(
    course([step('x', { text: a }), step('y', { text: ['top', ...a] }), step('z', { text: ['', 'more'] })]),
    course([step('x', { text: b }), step('y', { text: ['top', ...b] }), step('z', { text: ['', 'other'] })]),
  );
  expect(machine.steps.map(({ differences: all, carried }) => [all.length, carried])).toEqual([
    [1, false],
    [0, true],
    [1, false],
  ]);
});

test("what no two runs have the same is left out: the kernel's time stamps, and what is asked for", () => {
  const [a, b] = ['[    0.123456] up 3 s', '[   11.654321] up 4 s'].map((text) =>
    step('x', { serial: text, text: [text], picture: text.slice(-3, -2) }),
  );
  if (a === undefined || b === undefined) throw new Error('there are two');
  expect(differences(a, b).map(({ kind }) => kind)).toEqual(['text', 'serial']);
  expect(differences(a, b, { ...RULES, ignore: [/up \d+ s/gu] })).toEqual([]);
});

test('from where one does something else they are shown and not compared, and a test that fails alone is said once', () => {
  const machine = compared(
    course([step('a'), step('b', { text: ['1'] })]),
    course([step('a'), step('c', { text: ['2'] })], { passed: false, error: 'no such file' }),
  );
  expect(machine.diverged).toBe(1);
  const found = machine.steps.flatMap(({ differences: all }) => all.map(({ difference }) => difference));
  expect(found).toEqual([{ kind: 'outcome', a: null, b: 'no such file' }]);
});

test('a machine that only one run launched is named', () => {
  const [machine] = compareRuns(run(course([step('a')])), run(), RULES);
  expect(machine).toMatchObject({ machine: 'm', diverged: 0 });
});

const withText = (text: string) => [step('x', { text: [text] }), step('x', { text: ['', `${text} again`] })];

test('what was accepted is for the image, the step and what was seen; the rest is stale', () => {
  const rules = RULES;
  const machines = compareRuns(run(course(withText('old'))), run(course(withText('new'))), rules);
  const findings = findingsOf(machines, 'b.img', [], rules);
  expect(findings.map(({ number, isAccepted: is }) => [number, is])).toEqual([
    [1, false],
    [2, false],
  ]);
  const [first] = findings;
  if (first === undefined) throw new Error('there are two');
  const accepted = [first.accept];
  expect(findingsOf(machines, 'b.img', accepted, rules).map(({ isAccepted: is }) => is)).toEqual([true, false]);
  expect(findingsOf(machines, 'c.img', accepted, rules).map(({ isAccepted: is }) => is)).toEqual([false, false]);
  const newer = compareRuns(run(course(withText('old'))), run(course(withText('newer'))), rules);
  const now = findingsOf(newer, 'b.img', accepted, rules);
  expect(now.map(({ isAccepted: is }) => is)).toEqual([false, false]);
  expect(staleOf(now, newer, 'b.img', accepted)).toEqual(accepted);
  expect(staleOf(now, newer, 'c.img', accepted)).toEqual([]);
});

test('an accepted time may differ as any may', () => {
  const entry = { image: 'b', scenario: 's', test: 't', machine: 'm', step: 'x', occurrence: 0, kind: 'time' as const };
  const accepted = [{ ...entry, seen: '8000' }];
  expect(isAccepted({ ...entry, seen: '8900' }, accepted, RULES)).toBe(true);
  expect(isAccepted({ ...entry, seen: '12000' }, accepted, RULES)).toBe(false);
});

test('a file goes where the only image is, or where it is said to go', () => {
  const disks = [{ path: 'a.img' }, { sizeMb: 8 }];
  expect(replaceFile({ disks }, 'new.img', null)).toMatchObject({
    kind: 'replaced',
    spec: { disks: [{ path: 'new.img' }, { sizeMb: 8 }] },
  });
  expect(replaceFile({ disks: [{ sizeMb: 8 }], floppy: null }, 'new.img', null)).toEqual({ kind: 'none' });
  const two = { disks, cdrom: 'cd.iso', memory: 32 };
  expect(replaceFile(two, 'new.img', null)).toEqual({ kind: 'ambiguous', drives: ['cdrom', 'disk0'] });
  expect(replaceFile(two, 'new.iso', 'cdrom')).toMatchObject({ spec: { cdrom: 'new.iso', memory: 32 } });
  expect(replaceFile(two, 'new.img', 'floppy')).toEqual({ kind: 'none' });
});

test('an image of the catalogue goes where it has its own parts', () => {
  const kernel = { path: 'old:kernel', initrd: 'old:initrd', commandLine: 'quiet' };
  const own = { kernel: { path: 'new:kernel', initrd: 'new:initrd' }, memory: 128 };
  expect(replaceCatalogueImage({ kernel, memory: 64 }, own)).toEqual({
    kind: 'replaced',
    spec: { kernel: { path: 'new:kernel', initrd: 'new:initrd', commandLine: 'quiet' }, memory: 64 },
  });
  expect(replaceCatalogueImage({ floppy: 'a.img' }, own)).toEqual({ kind: 'none' });
});

test('with a drive an image of the catalogue is its part for it', () => {
  const image = { name: 'small', parts: ['kernel', 'initrd', 'system'] };
  expect(partFor(image, 'initrd')).toBe('initrd');
  expect(partFor(image, 'disk1')).toBe('system');
  expect(() => partFor(image, 'floppy')).toThrow(/It is not clear what of small goes to floppy[^]*small:kernel/);
  expect(() => partFor({ name: 'two', parts: ['a', 'b'] }, 'disk0')).toThrow(
    'It is not clear what of two goes to disk0',
  );
});

test('whatever a guest prints, the page shows it and does nothing with it', () => {
  const evil = '<img src=x onerror=alert(1)>"\u001b[31m\u0000';
  const long = 'x'.repeat(1_000_000);
  const machines = compareRuns(
    run(course([step(evil, { text: [evil], serial: evil })])),
    run(course([step(evil, { text: ['plain'], serial: `${evil}\n${long}`, error: evil })], { test: 'boots' })),
    RULES,
  );
  const page = compareReport({
    images: { a: 'a', b: evil },
    machines,
    findings: findingsOf(machines, 'b', [], RULES),
    rules: RULES,
    differencePicture: () => null,
    notes: [evil],
  });
  expect(page).not.toContain('<img src=x');
  expect(page).not.toMatch(/[\u0000\u001b]/);
  expect(page).toContain('&lt;img src=x onerror=alert(1)&gt;');
  expect(page).toContain("default-src 'none'");
  expect(page).not.toContain('<script');
  expect(page.length).toBeLessThan(50_000);
});
