/** Makes what a matcher returns, and keeps what it found for the verdict and the report. */
import type { ExpectMatcherState, MatcherReturnType, TestInfo } from '@playwright/test';
import { GuestwrightError, type Failure } from '../../sdk/errors.js';
import type { Machine } from '../../sdk/machine/types.js';
import type { Frame } from '../../sdk/screen/frame.js';
import { wordScreen, type WordScreenOptions } from '../../sdk/screen/word-screen.js';
import { currentStep, noteGuestTime, wordSpan, wordTime } from '../fixtures/guest-time.js';
import { countStep } from '../fixtures/memoised.js';
import { recordFailure } from '../fixtures/record.js';
import { currentTest, withoutSteps } from '../fixtures/steps.js';
import { terminalWidth } from '../terminal.js';
import type { Waited, WaitOutcome } from './wait.js';

/** What every matcher knows about its call. */
export interface MatcherCall {
  state: ExpectMatcherState;
  /** `toShowText`. */
  name: string;
  /** `machine.screen`. */
  subject: string;
  machine: Machine;
  /** In the notation of the scenario: `"grub>"`, `/ready/`. Empty for none. */
  expected: string;
  timeout: number;
  waited: Waited;
}

/** The matcher's expectation is fulfilled (for `.not`: its opposite is). */
export function fulfilled(call: MatcherCall): MatcherReturnType {
  noteSpan(call);
  return { pass: !call.state.isNot, message: () => '', name: call.name, timeout: call.timeout };
}

/** It is not: `failure` says why; `shown` (the screen, the serial output) goes below. */
export function unfulfilled(
  call: MatcherCall,
  summary: string,
  failure: Failure,
  shown: string,
  actual?: unknown,
): MatcherReturnType {
  noteSpan(call);
  const { state, name, expected, timeout } = call;
  const { message: reason } = new GuestwrightError(summary, failure);
  const log = wordLog(call);
  const calls = ['Call log:', ...log.map((line) => `  - ${line}`)].join('\n');
  const message = [hint(call), reason, shown, calls].filter((part) => part !== '').join('\n\n');
  const testInfo = currentTest();
  if (testInfo !== null) recordFailure(testInfo, reason, failure);
  return { pass: state.isNot, message: () => message, name, expected, actual, log, timeout };
}

/** The wait ended otherwise than by the condition or the clock: the machine's own failure is the cause. */
export async function brokenOff(
  call: MatcherCall,
  { error }: Extract<WaitOutcome<never>, { kind: 'failed' }>,
): Promise<MatcherReturnType> {
  const [summary = error.message] = error.message.split('\n');
  // What the clock says of a guest that stopped already holds its last screen.
  const shown = error.kind === 'guest' ? '' : await lastScreen(call.machine);
  return unfulfilled(call, summary, error.failure, shown);
}

/** `within 30.00 s of guest time (12.00 s → 42.00 s)`. */
export function wordWaited({ machine, timeout, waited }: MatcherCall): string {
  const unit = machine.clock.kind === 'free' ? 'wall time' : 'guest time';
  return timeout === 0
    ? `at ${wordTime(waited.to)} of ${unit}`
    : `within ${wordTime(timeout)} of ${unit} (${wordSpan(waited.from, waited.to)})`;
}

/** The screen as text, with its guest time. */
export function wordFrame(frame: Frame, options: WordScreenOptions = {}): string {
  return `At ${wordTime(frame.time)} of guest time. ${wordScreen(frame.content, { width: terminalWidth(), ...options })}`;
}

/** The last screen that can be had: of a machine that died there may be none. */
export async function lastScreen(machine: Machine): Promise<string> {
  try {
    return await withoutSteps(async () => {
      const frame = await machine.screen.frame();
      return wordFrame(frame, { page: await machine.screen.read() });
    });
  } catch (error) {
    return `There is no picture of the screen: ${error instanceof Error ? firstLine(error.message) : String(error)}`;
  }
}

/** How an expectation is written in a scenario. */
export function wordPattern(pattern: string | RegExp): string {
  return typeof pattern === 'string' ? JSON.stringify(pattern) : String(pattern);
}

function hint({ state, name, subject, expected }: MatcherCall): string {
  return `expect(${subject})${state.isNot ? '.not' : ''}.${name}(${expected}) failed`;
}

function wordLog({ machine, timeout, waited, expected, name, state }: MatcherCall): string[] {
  const unit = machine.clock.kind === 'free' ? 'wall time' : 'guest time';
  const what = `${state.isNot ? 'not ' : ''}${name}(${expected})`;
  return [
    `waiting for ${what} on ${machine.name} (${machine.engine}), up to ${wordTime(timeout)} of ${unit}`,
    `${wordChecks(waited.checks)} between ${wordTime(waited.from)} and ${wordTime(waited.to)}`,
  ];
}

function wordChecks(checks: number | null): string {
  if (checks === null) return 'watched';
  return `looked ${checks} ${checks === 1 ? 'time' : 'times'}`;
}

function noteSpan({ machine, waited }: MatcherCall): void {
  countStep(machine);
  const testInfo: TestInfo | null = currentTest();
  if (testInfo !== null) noteGuestTime(currentStep(testInfo), waited.from, waited.to);
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? text;
}
