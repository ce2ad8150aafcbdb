/** The part of `guestwright compare` that runs inside a scenario's worker: puts the image in, and writes down what is seen. */
import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { TestInfo } from '@playwright/test';
import { z } from 'zod';
import type { GuestTime } from '../../sdk/engines/engine.js';
import { GuestwrightError } from '../../sdk/errors.js';
import { encodePng } from '../../sdk/reading/png.js';
import { portCount } from '../../sdk/machine/port-spec.js';
import type { MachineSpecInput } from '../../sdk/machine/spec.js';
import type { Machine } from '../../sdk/machine/types.js';
import type { Course, CourseStep } from './course.js';
import { IMAGE_DRIVES, replaceCatalogueImage, replaceFile, type Replacement } from './replace-image.js';

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

/** Null: nothing is being compared. */
function currentPlan(): ComparePlan | null {
  const text = process.env[COMPARE_PLAN];
  return text === undefined ? null : plan.parse(JSON.parse(text));
}

/**
 * The spec with the image that is compared, where it has a place for one.
 * @throws GuestwrightError `usage/compare-ambiguous`
 */
export async function withComparedImage(spec: MachineSpecInput): Promise<MachineSpecInput> {
  const current = currentPlan();
  if (current === null) return spec;
  const replacement = await replacementOf(spec, current);
  if (replacement.kind === 'none') return spec;
  if (replacement.kind === 'replaced') {
    replaced.add(replacement.spec);
    return replacement.spec;
  }
  throw new GuestwrightError(`The image ${current.image.name} could go to several drives of the scenario's machine`, {
    kind: 'usage',
    code: 'compare-ambiguous',
    expected: `--drive with one of ${replacement.drives.join(', ')}`,
    seen: `a machine with images in ${replacement.drives.join(', ')}`,
    next: `add --drive ${replacement.drives[0] ?? 'disk0'} to the command`,
  });
}

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
  /** Characters of the first serial port's output that are in it. */
  said: number;
}

const compared = new WeakMap<Machine, Compared>();

/** Called when a machine has been launched. @param spec what it was launched with */
export function beginCourse(testInfo: TestInfo, machine: Machine, spec: MachineSpecInput): void {
  const current = currentPlan();
  if (current === null) return;
  // The first element is the file's path, relative to the project.
  const [scenario = '', ...titles] = testInfo.titlePath;
  const course: Course = {
    version: 1,
    project: testInfo.project.name,
    scenario,
    test: titles.join(' › '),
    machine: machine.name,
    replaced: replaced.has(spec),
    passed: false,
    error: null,
    steps: [],
  };
  compared.set(machine, { folder: current.folder, course, said: 0 });
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
    error: error === null ? null : firstLine(error),
    picture: null,
    text: null,
    serial: '',
    exitCode: exitCodeOf(value),
  };
  course.steps.push(step);
  if (machine.state === 'disposed' || machine.failure?.kind === 'infrastructure') return;
  try {
    const frame = await machine.screen.frame();
    step.picture = keepPicture(folder, encodePng(frame));
    step.text = frame.grid === null ? null : frame.grid.lines.map((line) => line.trimEnd());
    if (portCount(machine.spec, 'serial') > 0) {
      const text = await machine.serial.text();
      step.serial = text.slice(Math.min(noted.said, text.length));
      noted.said = text.length;
    }
  } catch {
    // What it failed of the test says.
  }
}

function keepPicture(folder: string, bytes: Uint8Array): string {
  const name = `${createHash('sha256').update(bytes).digest('hex')}.png`;
  const screens = path.join(folder, 'screens');
  mkdirSync(screens, { recursive: true });
  writeFileSync(path.join(screens, name), bytes);
  return name;
}

function exitCodeOf(value: unknown): number | null {
  const isResult = typeof value === 'object' && value !== null && 'exitCode' in value;
  return isResult && typeof value.exitCode === 'number' ? value.exitCode : null;
}

function firstLine(text: string): string {
  return stripVTControlCharacters(text).split('\n', 1)[0] ?? '';
}

/** Called when the test of a machine is over. */
export function writeCourse(testInfo: TestInfo, machine: Machine): void {
  const noted = compared.get(machine);
  if (noted === undefined) return;
  const { course, folder } = noted;
  const [error] = testInfo.errors;
  course.passed = testInfo.status === testInfo.expectedStatus;
  course.error = error === undefined ? null : firstLine(error.message ?? error.value ?? '');
  const text = JSON.stringify(course);
  const name = createHash('sha256').update(
    JSON.stringify([course.project, course.scenario, course.test, course.machine]),
  );
  const file = path.join(folder, `${name.digest('hex')}.json`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}
