/** Notes the course of an attempt while it runs, where it may have to be compared with another one. */
import { createHash } from 'node:crypto';
import type { TestInfo } from '@playwright/test';
import type { GuestTime } from '../../sdk/engines/engine.js';
import type { JournalEntry, Machine } from '../../sdk/machine/types.js';
import { portCount } from '../../sdk/machine/port-spec.js';
import { ATTEMPT_TYPE, type Attempt } from './attempt.js';
import { wordInput } from './word-input.js';

interface Course {
  attempt: Attempt;
  /** So many entries of the machine's journal are in it. */
  inputs: number;
}

const courses = new WeakMap<Machine, Course>();

/** Called when a machine has been launched. Where nothing is tried again nothing is noted: it would cost time for nothing. */
export function beginAttempt(testInfo: TestInfo, machine: Machine): void {
  if (testInfo.project.retries === 0 && testInfo.retry === 0) return;
  const exact = machine.capabilities.determinism === 'bit-exact' && machine.clock.kind === 'stepped';
  const attempt: Attempt = { version: 1, machine: machine.name, exact, events: [], screens: {} };
  courses.set(machine, { attempt, inputs: 0 });
}

export interface EndedStep {
  title: string;
  from: GuestTime;
  passed: boolean;
}

/** Called after every step of a scenario, without steps of its own; does nothing when nothing is noted. Never fails. */
export async function noteStep(machine: Machine, { title, from, passed }: EndedStep): Promise<void> {
  const course = courses.get(machine);
  if (course === undefined) return;
  const { attempt } = course;
  const at = machine.clock.now;
  noteInputs(course, machine.journal);
  const { screen, serial } = await look(machine);
  const name = screen === null ? null : digest(screen.join('\n'));
  if (name !== null && screen !== null) attempt.screens[name] ??= screen;
  attempt.events.push({ kind: 'step', from, at, title, passed, screen: name, serial });
}

/** A revert takes entries out of the journal: what was noted of them stays, they did happen. */
function noteInputs(course: Course, journal: readonly JournalEntry[]): void {
  for (const { at, input, secret = false } of journal.slice(course.inputs)) {
    course.attempt.events.push({ kind: 'input', at, words: wordInput(input, secret) });
  }
  course.inputs = journal.length;
}

interface Look {
  screen: string[] | null;
  serial: string | null;
}

/**
 * What costs next to nothing to look at. A memoised machine is not asked for its screen, which could start its engine; one
 * that is recorded not at all, for every look goes into its recording.
 */
async function look(machine: Machine): Promise<Look> {
  const { spec, state, memoised, failure } = machine;
  const isLost = state === 'disposed' || failure?.kind === 'infrastructure';
  if (isLost || spec.record === true) return { screen: null, serial: null };
  try {
    const grid = memoised === null ? (await machine.screen.frame()).grid : null;
    const serial = portCount(spec, 'serial') > 0 ? digest(await machine.serial.text()) : null;
    return { screen: grid === null ? null : grid.lines.map((line) => line.trimEnd()), serial };
  } catch {
    // A machine that cannot be looked at any more: the test says why.
    return { screen: null, serial: null };
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Attaches the course of an attempt that failed, or of one that was made again. */
export async function attachAttempt(testInfo: TestInfo, machine: Machine, failed: boolean): Promise<void> {
  const course = courses.get(machine);
  if (course === undefined || (!failed && testInfo.retry === 0)) return;
  // What came after the last step that ended.
  noteInputs(course, machine.journal);
  const body = JSON.stringify(course.attempt);
  await testInfo.attach(`${machine.name}: course of the attempt`, { body, contentType: ATTEMPT_TYPE });
}
