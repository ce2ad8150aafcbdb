/**
 * What the trace needs of Playwright that is in no public type: tried out before it is used, so that another Playwright costs the
 * trace and nothing else. Tried with 1.65.
 */
import type { TestInfo } from '@playwright/test';

/** Version of the format that is written here. */
export const TRACE_VERSION = 10;

/** The test's own trace, which those of its machines go into. */
export interface TestTracing {
  /** The trace option of the project, as Playwright has completed it. */
  options: { screenshots: boolean; snapshots: boolean; live: boolean };
  /** A path for another trace that is to be merged in; null: the trace of this test is not kept. */
  newRecordingPath(): string | null;
  /** Folder that the UI mode watches while a test runs. */
  liveFolder: string;
}

export type FoundTracing =
  | { kind: 'on'; tracing: TestTracing }
  /** The project's option says that this test has no trace. */
  | { kind: 'off' }
  /** This Playwright is another one than this was made for. */
  | { kind: 'unknown'; what: string };

export function tracingOf(testInfo: TestInfo): FoundTracing {
  const tracing = field(testInfo, '_tracing');
  const traceOptions = method(tracing, 'traceOptions');
  const newPath = method(tracing, 'maybeGenerateNextTraceRecordingPath');
  const folder = method(tracing, 'tracesDir');
  if (traceOptions === null || newPath === null || folder === null) {
    return { kind: 'unknown', what: 'a trace that others can be merged into is not where it was' };
  }
  const options = traceOptions();
  if (typeof options !== 'object' || options === null) return { kind: 'off' };
  const version = field(field(tracing, '_contextCreatedEvent'), 'version');
  if (version !== TRACE_VERSION) return { kind: 'unknown', what: `its traces are of version ${String(version)}` };
  return {
    kind: 'on',
    tracing: {
      options: {
        screenshots: field(options, 'screenshots') !== false,
        snapshots: field(options, 'snapshots') !== false,
        live: field(options, 'live') === true,
      },
      newRecordingPath: () => {
        const path = newPath();
        return typeof path === 'string' ? path : null;
      },
      liveFolder: String(folder()),
    },
  };
}

/** A step of the runner's: an action of a machine's trace with its id becomes that step, and has to bring along what it shows. */
export interface RunnerStep {
  id: string;
  title: string;
  subtitle: string | null;
  /** As the runner has it. */
  stack: unknown;
}

/** The step that runs; null: there is none. */
export function currentStep(testInfo: TestInfo): RunnerStep | null {
  const step = method(testInfo, '_parentStep')?.();
  const [id, title, subtitle] = [field(step, 'stepId'), field(step, 'title'), field(step, 'subtitle')];
  if (typeof id !== 'string' || typeof title !== 'string') return null;
  return { id, title, subtitle: typeof subtitle === 'string' ? subtitle : null, stack: field(step, 'stack') };
}

/** Runs `work` while the time-outs of the test stand still; where this Playwright cannot, the test has no time-out from now on. */
export async function withoutTimeouts<T>(testInfo: TestInfo, work: () => Promise<T>): Promise<T> {
  const ignore = Reflect.get(testInfo, '_setIgnoreTimeouts') as unknown;
  if (typeof ignore !== 'function') {
    testInfo.setTimeout(0);
    return await work();
  }
  Reflect.apply(ignore, testInfo, [true]);
  try {
    return await work();
  } finally {
    Reflect.apply(ignore, testInfo, [false]);
  }
}

function field(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null && name in of ? Reflect.get(of, name) : undefined;
}

function method(of: unknown, name: string): (() => unknown) | null {
  const found = field(of, name);
  return typeof found === 'function' ? () => Reflect.apply(found, of, []) as unknown : null;
}
