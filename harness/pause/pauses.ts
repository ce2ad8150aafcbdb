/** Which tests of this worker pause, and where: asked before every action, and where a test ends. */
import { stripVTControlCharacters } from 'node:util';
import type { TestInfo } from '@playwright/test';
import type { Machine } from '../../sdk/machine/types.js';
import { pauseMode } from './mode.js';
import type { PausedTest } from './paused-test.js';

interface Paused {
  test: PausedTest;
  /** It stops before the next action. */
  steps: boolean;
}

const tests = new WeakMap<TestInfo, Paused>();

async function pausedTest(testInfo: TestInfo): Promise<Paused> {
  const known = tests.get(testInfo);
  if (known !== undefined) return known;
  // Not at the top: hardly any run pauses.
  const { PausedTest } = await import('./paused-test.js');
  const paused = { test: new PausedTest(testInfo), steps: true };
  tests.set(testInfo, paused);
  return paused;
}

/** @throws GuestwrightError `usage/stopped-by-user` */
export async function pauseBeforeAction(testInfo: TestInfo, machine: Machine, title: string): Promise<void> {
  if (pauseMode() !== 'actions') return;
  const paused = await pausedTest(testInfo);
  if (!paused.steps) return;
  const how = await paused.test.pause({ machine, next: title, error: null });
  if (how === 'resume') paused.steps = false;
  if (how !== 'stop') return;
  const { stopped } = await import('./paused-test.js');
  paused.steps = false;
  throw stopped();
}

/** A test that has failed waits with the machine that did something last. */
export async function pauseAtEnd(testInfo: TestInfo, machines: readonly Machine[], failed: boolean): Promise<void> {
  const machine = machines.findLast(({ state }) => state !== 'disposed');
  const wasStopped = testInfo.errors.some(({ message }) => message?.includes('stopped in its page'));
  if (failed && pauseMode() !== 'never' && machine !== undefined && !wasStopped) {
    const error = testInfo.errors.map(({ message }) => stripVTControlCharacters(message ?? '')).join('\n\n');
    await (await pausedTest(testInfo)).test.pause({ machine, next: null, error });
  }
  await tests.get(testInfo)?.test[Symbol.asyncDispose]();
}
