/** The part of `guestwright compare` that runs inside a scenario's worker: puts the image in, and writes down what is seen. */
import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { TestInfo } from '@playwright/test';
import { z } from 'zod';
import type { GuestTime } from '../../sdk/engines/engine.js';
import { GuestwrightError } from '../../sdk/errors.js';
import { portCount } from '../../sdk/machine/port-spec.js';
import type { MachineSpecInput } from '../../sdk/machine/spec.js';
import type { Machine } from '../../sdk/machine/types.js';
import { shownText } from '../../sdk/serial/shown.js';
import type { Course, CourseStep } from './course.js';
import { leaveFailure } from './failure.js';
import { IMAGE_DRIVES, type ImageDrive } from './image-drives.js';
import { replaceCatalogueImage, replaceFile, type Replacement } from './replace-image.js';
import { keepPicture } from './pictures.js';

/** JSON, a `ComparePlan`; set by `guestwright compare`. */
export const COMPARE_PLAN = 'GUESTWRIGHT_COMPARE';

const plan = z.strictObject({
  /** For the courses and the pictures of this run. */
  folder: z.string(),
  /** A path or `image:part`, or the name of an image of the catalogue. */
  image: z.strictObject({ kind: z.enum(['file', 'catalogue']), name: z.string() }),
  drive: z.enum(IMAGE_DRIVES).nullable(),
});
export type ComparePlan = z.infer<typeof plan>;

/** Whether another image than the scenario's may be in its machine: what comes of it is not what others begin with. */
export function isComparing(): boolean {
  return process.env[COMPARE_PLAN] !== undefined;
}

/** Null: nothing is being compared. */
function currentPlan(): ComparePlan | null {
  const text = process.env[COMPARE_PLAN];
  return text === undefined ? null : plan.parse(JSON.parse(text));
}

/**
 * The spec with the image that is compared, where it has a place for one. What it throws also ends the command.
 * @throws GuestwrightError `usage/compare-ambiguous`, `usage/compare-from-state`
 */
export async function withComparedImage(spec: MachineSpecInput): Promise<MachineSpecInput> {
  const current = currentPlan();
  if (current === null) return spec;
  const replacement = await replacementOf(spec, current);
  if (replacement.kind === 'none') return spec;
  // Its memory and its disks are those of the image that the state was made with.
  if (spec.state !== undefined) throw left(fromState(current, spec.state), current);
  if (replacement.kind === 'ambiguous') throw left(ambiguous(current, replacement.drives), current);
  replaced.add(replacement.spec);
  return replacement.spec;
}

function left(error: GuestwrightError, { folder }: ComparePlan): GuestwrightError {
  leaveFailure(folder, error);
  return error;
}

function ambiguous({ image }: ComparePlan, drives: readonly ImageDrive[]): GuestwrightError {
  return new GuestwrightError(`The image ${image.name} could go to several drives of the scenario's machine`, {
    kind: 'usage',
    code: 'compare-ambiguous',
    expected: `--drive with one of ${drives.join(', ')}`,
    seen: `a machine with images in ${drives.join(', ')}`,
    next: `add --drive ${drives[0] ?? 'disk0'} to the command`,
  });
}

function fromState({ image }: ComparePlan, state: string): GuestwrightError {
  return new GuestwrightError(`The image ${image.name} cannot go into a machine that begins at a state`, {
    kind: 'usage',
    code: 'compare-from-state',
    expected: 'a machine that is switched on, without the option `from` and the spec field `state`',
    seen: `state: '${state}'`,
    next: 'compare with a scenario that boots the image',
  });
}

/** The very specs that machines are launched with. */
const replaced = new WeakSet<MachineSpecInput>();

async function replacementOf(spec: MachineSpecInput, { image, drive }: ComparePlan): Promise<Replacement> {
  if (image.kind === 'file') return replaceFile(spec, image.name, drive);
  const { specForImage } = await import('../fixtures/image-spec.js');
  const own = await specForImage(image.name);
  return own === null ? { kind: 'none' } : replaceCatalogueImage(spec, own);
}

interface Compared {
  folder: string;
  course: Course;
  /** Characters of the first serial port's output that are in it, or were there before it. */
  said: Promise<number>;
}

const compared = new WeakMap<Machine, Compared>();

/** Names of a test's machines: forks may have the same one. */
const names = new WeakMap<TestInfo, Set<string>>();

/**
 * Called when a machine has been launched or forked.
 * @param spec what it, or what it is a fork of, was launched with
 * @param options.isFork what was said before is not its own
 */
export function beginCourse(
  testInfo: TestInfo,
  machine: Machine,
  spec: MachineSpecInput,
  { isFork = false }: { isFork?: boolean } = {},
): void {
  const current = currentPlan();
  if (current === null) return;
  // The first element is the file's path, relative to the project.
  const [scenario = '', ...titles] = testInfo.titlePath;
  const course: Course = {
    version: 1,
    project: testInfo.project.name,
    scenario,
    test: titles.join(' › '),
    machine: freeName(testInfo, machine.name),
    replaced: replaced.has(spec),
    passed: false,
    error: null,
    steps: [],
  };
  const said = isFork ? saidSoFar(machine) : Promise.resolve(0);
  compared.set(machine, { folder: current.folder, course, said });
}

function freeName(testInfo: TestInfo, wanted: string): string {
  const taken = names.get(testInfo) ?? new Set();
  names.set(testInfo, taken);
  let name = wanted;
  for (let number = 2; taken.has(name); number++) name = `${wanted}-${number}`;
  taken.add(name);
  return name;
}

async function saidSoFar(machine: Machine): Promise<number> {
  try {
    return portCount(machine.spec, 'serial') === 0 ? 0 : (await machine.serial.text()).length;
  } catch {
    // It has ended: nothing more is said.
    return 0;
  }
}

export interface ComparedStep {
  title: string;
  from: GuestTime;
  /** Null: it passed. */
  error: string | null;
  /** What it gave. */
  value: unknown;
}

/** Called after every step of a scenario, without steps of its own. Never fails. */
export async function noteCompared(machine: Machine, { title, from, error, value }: ComparedStep): Promise<void> {
  const noted = compared.get(machine);
  if (noted === undefined) return;
  const { course, folder } = noted;
  const step: CourseStep = {
    title,
    from,
    at: machine.clock.now,
    error: error === null ? null : firstLines(error, ERROR_LINES),
    picture: null,
    text: null,
    serial: '',
    exitCode: exitCodeOf(value),
  };
  course.steps.push(step);
  if (machine.state === 'disposed' || machine.failure?.kind === 'infrastructure') return;
  try {
    const frame = await machine.screen.frame();
    step.picture = keepPicture(folder, frame);
    step.text = frame.grid === null ? null : frame.grid.lines.map((line) => line.trimEnd());
    if (portCount(machine.spec, 'serial') > 0) {
      const text = await machine.serial.text();
      step.serial = text.slice(Math.min(await noted.said, text.length));
      noted.said = Promise.resolve(text.length);
    }
  } catch {
    // What it failed of the test says.
  }
}

function exitCodeOf(value: unknown): number | null {
  const isResult = typeof value === 'object' && value !== null && 'exitCode' in value;
  return isResult && typeof value.exitCode === 'number' ? value.exitCode : null;
}

/** The summary, what was expected and what was seen. */
const ERROR_LINES = 3;

function firstLines(text: string, count: number): string {
  const lines = shownText(text).split('\n');
  return lines
    .filter((line) => line.trim() !== '')
    .slice(0, count)
    .join('\n');
}

/** Called when the test of a machine is over. */
export function writeCourse(testInfo: TestInfo, machine: Machine): void {
  const noted = compared.get(machine);
  if (noted === undefined) return;
  const { course, folder } = noted;
  const [error] = testInfo.errors;
  course.passed = testInfo.status === testInfo.expectedStatus;
  course.error = error === undefined ? null : firstLines(error.message ?? error.value ?? '', 1);
  const text = JSON.stringify(course);
  const name = createHash('sha256').update(
    JSON.stringify([course.project, course.scenario, course.test, course.machine]),
  );
  const file = path.join(folder, `${name.digest('hex')}.json`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}
