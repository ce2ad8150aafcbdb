/** What one machine did in one of two runs that are compared: written by the worker, read by `guestwright compare`. */
import { z } from 'zod';

const name = z.string().regex(/^[0-9a-f]{64}\.png$/);

const step = z.strictObject({
  title: z.string(),
  /** Guest ms. */
  from: z.number(),
  at: z.number(),
  /** Its first lines; null: it passed. */
  error: z.string().nullable(),
  /** Picture of the screen at its end, in the run's folder `screens`; null: it could not be looked at. */
  picture: name.nullable(),
  /** Rows of a text screen; null: a graphic one. */
  text: z.array(z.string()).nullable(),
  /** What the first serial port has said since the step before. */
  serial: z.string(),
  /** Of a command that it ran; null: it ran none. */
  exitCode: z.number().nullable(),
});

export const course = z.strictObject({
  version: z.literal(1),
  project: z.string(),
  /** The scenario's file, relative to the project's `testDir`. */
  scenario: z.string(),
  test: z.string(),
  machine: z.string(),
  /** Whether one of the two images was put in. */
  replaced: z.boolean(),
  passed: z.boolean(),
  /** Of the test. */
  error: z.string().nullable(),
  steps: z.array(step),
});

export type Course = z.infer<typeof course>;
export type CourseStep = z.infer<typeof step>;

/** A test and a machine of it; the same in both runs. */
export function courseName({ project, scenario, test, machine }: Course): string {
  return [project, scenario, test, machine].join(' › ');
}
