/** Decides where two runs of a scenario, each on an image of its own, part. */
import { createHash } from 'node:crypto';
import { compareFrames, defaultTolerance } from '../../sdk/screen/compare.js';
import type { Picture } from '../../sdk/screen/picture.js';
import { outputLines } from './output.js';
import { courseName, type Course, type CourseStep } from './course.js';

export type Difference =
  /** One passed, or they failed of something else. Null: passed. */
  | { kind: 'outcome'; a: string | null; b: string | null }
  /** Rows of a text screen, 0-based, of those that differ. */
  | { kind: 'text'; rows: { row: number; a: string; b: string }[] }
  /** So many pixels differ; null: the sizes do. */
  | { kind: 'picture'; pixels: number | null }
  | { kind: 'serial' }
  | { kind: 'exitCode'; a: number | null; b: number | null }
  /** How long the step took, guest ms. */
  | { kind: 'time'; a: number; b: number };

export type DifferenceKind = Difference['kind'];

export interface SeenDifference {
  difference: Difference;
  /** By it what B showed is known again. Of a time: the ms. */
  seen: string;
}

export interface ComparedStep {
  /** Null: that run had no such step. */
  a: CourseStep | null;
  b: CourseStep | null;
  title: string;
  /** Of the steps with this title, counted from 0. */
  occurrence: number;
  differences: SeenDifference[];
  /** Whether what differed on the screen before still does: it is told once. */
  carried: boolean;
}

export interface ComparedMachine {
  /** Of both. */
  name: string;
  scenario: string;
  test: string;
  machine: string;
  steps: ComparedStep[];
  /** From this step on (its index) one did something else than the other, or nothing more; null: never. */
  diverged: number | null;
}

export interface CompareRules {
  /** What matches is no difference: time stamps. */
  ignore: readonly RegExp[];
  /** Percent by which a step may take another guest time. */
  timeTolerance: number;
}

/** Guest ms that never count. */
const TIME_FLOOR_MS = 500;
/** The kernel's time stamps: no two boots have the same. */
export const KERNEL_TIME = /\[ *\d+\.\d{6}\]/g;

export interface Run {
  courses: readonly Course[];
  /** A picture of the run, by its name. */
  picture(name: string): Picture;
}

export function compareRuns(a: Run, b: Run, rules: CompareRules): ComparedMachine[] {
  const left = new Map(a.courses.map((course) => [courseName(course), course]));
  const right = new Map(b.courses.map((course) => [courseName(course), course]));
  return [...new Set([...left.keys(), ...right.keys()])].sort().map((name) => {
    const [one, other] = [left.get(name), right.get(name)];
    const { scenario, test, machine } = one ?? other ?? { scenario: '', test: '', machine: '' };
    return { name, scenario, test, machine, ...compareSteps(one, other, { a, b, rules }) };
  });
}

interface Sides {
  a: Run;
  b: Run;
  rules: CompareRules;
}

function compareSteps(
  one: Course | undefined,
  other: Course | undefined,
  sides: Sides,
): Pick<ComparedMachine, 'steps' | 'diverged'> {
  const [left, right] = [one?.steps ?? [], other?.steps ?? []];
  const titles = new Map<string, number>();
  const steps: ComparedStep[] = [];
  let diverged: number | null = null;
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const [a = null, b = null] = [left[i], right[i]];
    if (a?.title !== b?.title) diverged ??= i;
    const title = b?.title ?? a?.title ?? '';
    const occurrence = titles.get(title) ?? 0;
    titles.set(title, occurrence + 1);
    // What comes after they have parted are two stories.
    const before = i === 0 ? null : { a: left[i - 1] ?? null, b: right[i - 1] ?? null };
    const { differences, carried } =
      diverged === null && a !== null && b !== null
        ? differencesOf(a, b, before, sides)
        : { differences: [], carried: false };
    steps.push({ a, b, title, occurrence, differences, carried });
  }
  const [failedA, failedB] = [failureOf(one), failureOf(other)];
  const last = steps.at(-1);
  const isSaid = steps.some(({ differences }) => differences.some(({ difference }) => difference.kind === 'outcome'));
  if (failedA !== failedB && !isSaid && last !== undefined) {
    last.differences.push({ difference: { kind: 'outcome', a: failedA, b: failedB }, seen: failedB ?? 'passed' });
  }
  return { steps, diverged };
}

/** Null: it passed. */
function failureOf(course: Course | undefined): string | null {
  if (course === undefined) return 'the machine was not launched';
  return course.passed ? null : (course.error ?? 'it failed');
}

function differencesOf(
  a: CourseStep,
  b: CourseStep,
  before: { a: CourseStep | null; b: CourseStep | null } | null,
  { a: left, b: right, rules }: Sides,
): { differences: SeenDifference[]; carried: boolean } {
  const found: SeenDifference[] = [];
  const add = (difference: Difference, seen: string): void => void found.push({ difference, seen });
  const [failedA, failedB] = [a, b].map(({ error }) => error && masked(error.split('\n'), rules).join('\n'));
  if (failedA !== failedB) add({ kind: 'outcome', a: a.error, b: b.error }, failedB ?? 'passed');
  const rows = differingRows(a.text, b.text, rules);
  // Wherever they are now: screens scroll.
  const told = new Set(differingRows(before?.a?.text ?? null, before?.b?.text ?? null, rules).map(wordRow));
  const fresh = rows.filter((row) => !told.has(wordRow(row)));
  const isSamePicture = before !== null && a.picture === before.a?.picture && b.picture === before.b?.picture;
  if (fresh.length > 0) {
    add(
      { kind: 'text', rows: fresh },
      digest(
        masked(
          fresh.map((row) => row.b),
          rules,
        ).join('\n'),
      ),
    );
  } else if (
    rows.length === 0 &&
    !isSamePicture &&
    a.picture !== b.picture &&
    a.picture !== null &&
    b.picture !== null
  ) {
    const pixels = differingPixels(
      left.picture(a.picture),
      right.picture(b.picture),
      a.text === null ? 'graphic' : 'text',
    );
    const isMasked = a.text !== null && b.text !== null && a.text.join('\n') !== b.text.join('\n');
    if (pixels !== 0 && !isMasked) add({ kind: 'picture', pixels }, digest(b.picture));
  }
  const [heardA, heardB] = [a, b].map(({ serial }) => masked(outputLines(serial), rules).join('\n'));
  if (heardA !== heardB) add({ kind: 'serial' }, digest(heardB ?? ''));
  if (a.exitCode !== b.exitCode) add({ kind: 'exitCode', a: a.exitCode, b: b.exitCode }, String(b.exitCode));
  const [tookA, tookB] = [a.at - a.from, b.at - b.from];
  if (isAnotherTime(tookA, tookB, rules)) add({ kind: 'time', a: tookA, b: tookB }, String(tookB));
  const carried = fresh.length < rows.length || (isSamePicture && a.picture !== b.picture);
  return { differences: found, carried };
}

function wordRow({ a, b }: { a: string; b: string }): string {
  return JSON.stringify([a, b]);
}

/** Whether two times, guest ms, are further apart than is allowed. */
export function isAnotherTime(a: number, b: number, { timeTolerance }: Pick<CompareRules, 'timeTolerance'>): boolean {
  const apart = Math.abs(a - b);
  return apart > TIME_FLOOR_MS && apart > (Math.max(a, 1) * timeTolerance) / 100;
}

/** A text screen against a graphic one is a matter of pictures. */
function differingRows(
  a: readonly string[] | null,
  b: readonly string[] | null,
  rules: CompareRules,
): { row: number; a: string; b: string }[] {
  if (a === null || b === null) return [];
  const [left, right] = [masked(a, rules), masked(b, rules)];
  const rows = Array.from({ length: Math.max(a.length, b.length) }, (_, row) => row);
  return rows
    .filter((row) => (left[row] ?? '') !== (right[row] ?? ''))
    .map((row) => ({ row, a: a[row] ?? '', b: b[row] ?? '' }));
}

/** Null: they have different sizes. */
function differingPixels(a: Picture, b: Picture, kind: 'graphic' | 'text'): number | null {
  const result = compareFrames(a, b, defaultTolerance(kind));
  if (result.outcome === 'different') return a.width === b.width && a.height === b.height ? result.pixels : null;
  return 0;
}

/** Lines without what no two runs have the same, and without blanks at their ends. */
export function masked(lines: readonly string[], { ignore }: Pick<CompareRules, 'ignore'>): string[] {
  return lines.map((line) =>
    [KERNEL_TIME, ...ignore].reduce((text, pattern) => text.replaceAll(pattern, '…'), line.trimEnd()),
  );
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
