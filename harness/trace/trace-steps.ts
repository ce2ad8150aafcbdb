/** The traces of the machines of a running test: begun where they are launched, fed by steps and matchers, written where the test ends. */
import type { TestInfo } from '@playwright/test';
import type { Region } from '../../sdk/screen/content.js';
import type { Frame } from '../../sdk/screen/frame.js';
import type { GuestTime } from '../../sdk/engines/engine.js';
import type { JournalEntry, Machine } from '../../sdk/machine/types.js';
import { portCount } from '../../sdk/machine/port-spec.js';
import { wordTime } from '../fixtures/guest-time.js';
import { sanitiseName } from '../goldens/paths.js';
import { LiveTrace } from './live-trace.js';
import { MachineTrace } from './machine-trace.js';
import { currentStep, tracingOf, type TestTracing } from './playwright-internals.js';

interface Traced {
  trace: MachineTrace;
  tracing: TestTracing;
  /** Characters of the first serial port's output that are in it. */
  said: number;
}

const traces = new WeakMap<Machine, Traced>();
let isSaid = false;

/** Null: the test has no trace, or none that a machine's could go into; that is said once. */
export function traceFor(testInfo: TestInfo): TestTracing | null {
  const found = tracingOf(testInfo);
  if (found.kind === 'on') return found.tracing;
  if (found.kind === 'unknown' && !isSaid) {
    isSaid = true;
    process.stderr.write(
      `Machines are not in the trace: this version of Playwright is another one than expected (${found.what}).\n`,
    );
  }
  return null;
}

export function beginTrace(testInfo: TestInfo, machine: Machine, tracing: TestTracing): void {
  const title = testInfo.titlePath.slice(1).join(' › ');
  const { screenshots, snapshots, live: isWatched } = tracing.options;
  const live = isWatched ? new LiveTrace(tracing.liveFolder, `${testInfo.testId}-${sanitiseName(machine.name)}`) : null;
  traces.set(machine, {
    trace: new MachineTrace({ name: machine.name, title, screenshots, snapshots, live }),
    tracing,
    said: 0,
  });
}

/** For the option `onFrame` of a launch. */
export function traceFrame(frame: Frame, machine: Machine): void {
  traces.get(machine)?.trace.looked(frame);
}

export interface TracedStep {
  /** @param ended what the step gave, or what it failed of (null: that is said elsewhere) */
  end(ended: { value: unknown } | { error: unknown }): Promise<void>;
}

export interface StepToTrace {
  /** `keyboard.type`. */
  action: string;
  /** Default: the runner's. */
  title?: string;
  params: Record<string, unknown>;
}

/** Called where a step of a machine begins, within the runner's step. Null: it is not traced. */
export function traceStep(
  testInfo: TestInfo,
  machine: Machine,
  { action, title, params }: StepToTrace,
): TracedStep | null {
  const traced = traces.get(machine);
  const step = traced === undefined ? null : currentStep(testInfo);
  if (traced === undefined || step === null) return null;
  const from = { time: machine.clock.now, journal: machine.journal.length };
  const subtitle = step.subtitle ?? `at ${wordTime(from.time)}`;
  traced.trace.begin({ step: { ...step, title: title ?? step.title, subtitle }, action, params });
  return {
    async end(ended) {
      traced.trace.end({
        callId: step.id,
        frame: await look(machine),
        pointer: pointerIn(machine.journal.slice(from.journal)),
        found: 'value' in ended ? regionOf(ended.value) : null,
        log: [wordGuestTime(from.time, machine.clock.now)],
        error: 'error' in ended && ended.error instanceof Error ? ended.error : null,
      });
      await listen(machine, traced);
    },
  };
}

/** Writes what there is of a machine, if the trace of its test is kept. Never fails: a trace is not what a test is about. */
export async function writeTrace(testInfo: TestInfo, machine: Machine): Promise<void> {
  const traced = traces.get(machine);
  const path = traced?.tracing.newRecordingPath() ?? null;
  if (traced === undefined || path === null) return;
  try {
    await listen(machine, traced, 'to the end');
    await traced.trace.write(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    await testInfo.attach(`${machine.name}: no trace`, { body: reason, contentType: 'text/plain' });
  }
}

/** Null: it cannot be looked at any more, or every look goes into its recording. */
async function look(machine: Machine): Promise<Frame | null> {
  const isLost = machine.state === 'disposed' || machine.failure?.kind === 'infrastructure';
  if (isLost || machine.spec.record === true) return null;
  try {
    return await machine.screen.frame();
  } catch {
    return null;
  }
}

/** What the first serial port has said since: whole lines, until there will be no more. */
async function listen(machine: Machine, traced: Traced, which: 'lines' | 'to the end' = 'lines'): Promise<void> {
  if (portCount(machine.spec, 'serial') === 0 || machine.state === 'disposed') return;
  const text = await machine.serial.text().catch(() => '');
  // A revert takes output back.
  traced.said = Math.min(traced.said, text.length);
  const end = which === 'lines' ? text.lastIndexOf('\n') : text.length;
  if (end < traced.said) return;
  traced.trace.said('serial0', text.slice(traced.said, end));
  traced.said = end + 1;
}

/** Where the pointer was put last. */
function pointerIn(journal: readonly JournalEntry[]): { x: number; y: number } | null {
  for (const { input } of [...journal].reverse()) {
    if (input.kind === 'pointer' && input.action.type === 'moveTo') return { x: input.action.x, y: input.action.y };
  }
  return null;
}

/** Of a text or a golden that was found. */
function regionOf(value: unknown): Region | null {
  const region = typeof value === 'object' && value !== null && 'region' in value ? value.region : null;
  if (typeof region !== 'object' || region === null) return null;
  const { x, y, width, height } = region as Partial<Region>;
  const isWhole = [x, y, width, height].every((part) => typeof part === 'number');
  return isWhole ? { x: x ?? 0, y: y ?? 0, width: width ?? 0, height: height ?? 0 } : null;
}

function wordGuestTime(from: GuestTime, to: GuestTime): string {
  return `guest time ${wordTime(from)} to ${wordTime(to)}`;
}
