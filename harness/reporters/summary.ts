/**
 * The reporter of every Guestwright project: counts failures by their kind, says where the HTML report is, and writes
 * `summary.json`, from which `guestwright run` takes its exit code, and `goldens.json`, for `guestwright golden`. It reads the annotations of the fixtures, because
 * reporters are given only text.
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type {
  FullConfig,
  FullResult,
  Reporter,
  Suite,
  TestCase,
  TestError,
  TestResult,
  TestStep,
} from '@playwright/test/reporter';
import type { Failure } from '../../sdk/errors.js';
import { partingOf } from '../attempts/parting.js';
import { RUN_RECORD, writeRunRecord } from '../goldens/run-record.js';
import { checkpointsIn, FROM_VARIABLE, wordNoSuchCheckpoint } from '../fixtures/checkpoint-use.js';
import { GUEST_TIME_ANNOTATION } from '../fixtures/guest-time.js';
import { MEMOISED_ANNOTATION } from '../fixtures/memoised.js';
import { FAILURE_ANNOTATION, parseFailure } from '../fixtures/verdict.js';
import { collectGoldens } from './goldens.js';
import {
  countFailures,
  exitCodeHint,
  wordSummary,
  type FailedScenario,
  type MemoisedScenario,
  type Summary,
} from './tally.js';

export interface SummaryOptions {
  /** Relative to the config's folder. Default: `reports/summary.json`. */
  outputFile?: string;
  /** Folder of the HTML report, relative to the config's folder; without it no path is printed. */
  htmlReport?: string;
}

/** `guestwright run` adds this reporter to whatever a project has chosen: of two in one run only the first speaks. */
let speaking: symbol | null = null;

export default class SummaryReporter implements Reporter {
  readonly #options: SummaryOptions;
  readonly #errors: string[] = [];
  #folder = process.cwd();
  #root: Suite | undefined;
  readonly #voice = Symbol('summary');

  constructor(options: SummaryOptions = {}) {
    this.#options = options;
  }

  onBegin(config: FullConfig, suite: Suite): void {
    speaking ??= this.#voice;
    if (config.configFile !== undefined) this.#folder = dirname(config.configFile);
    this.#root = suite;
  }

  onError(error: TestError): void {
    this.#errors.push(error.message ?? error.value ?? 'an error without a message');
  }

  /** A step's title is fixed when it begins, and its span of guest time is known when it ends: shown from here on. */
  onStepEnd(_test: TestCase, _result: TestResult, step: TestStep): void {
    const span = step.annotations.find(({ type }) => type === GUEST_TIME_ANNOTATION)?.description;
    if (span !== undefined) Object.assign(step, { subtitle: span });
  }

  onEnd(result: FullResult): void {
    if (speaking !== null && speaking !== this.#voice) return;
    const tests = this.#root?.allTests() ?? [];
    const failures = tests.flatMap(describeFailure);
    const failed = countFailures(failures);
    const outcomes = tests.map((test) => test.outcome());
    const count = (wanted: string) => outcomes.filter((outcome) => outcome === wanted).length;
    this.#lookForCheckpoint(tests, failures.length);
    const html = this.#options.htmlReport;
    const summary: Summary = {
      counts: { passed: count('expected'), skipped: count('skipped'), failed },
      failures,
      errors: this.#errors,
      memoised: tests.flatMap(describeMemoised),
      exitCodeHint: exitCodeHint(failed, this.#errors.length),
      htmlReport: html === undefined ? null : join(html, 'index.html'),
      durationMs: Math.round(result.duration),
    };
    this.#write(summary);
    const ended = (result.status === 'passed' || result.status === 'failed') && this.#errors.length === 0;
    for (const file of this.#files()) {
      const goldens = join(dirname(file), RUN_RECORD);
      const { record, files } = collectGoldens(tests, { project: this.#folder, file: goldens, ended });
      writeRunRecord(goldens, record, files);
    }
    const shown = html === undefined ? null : relative(process.cwd(), resolve(this.#folder, html, 'index.html'));
    process.stdout.write(wordSummary({ ...summary, htmlReport: shown }));
  }

  /** A scenario that failed may not have come to it. */
  #lookForCheckpoint(tests: readonly TestCase[], failures: number): void {
    const from = process.env[FROM_VARIABLE];
    const ran = tests.filter(({ results }) => results.length > 0);
    if (from === undefined || failures > 0 || ran.length === 0) return;
    const met = ran.flatMap(({ results }) => checkpointsIn(results.at(-1)?.annotations ?? []));
    if (met.includes(from)) return;
    const words = wordNoSuchCheckpoint(from, met);
    this.#errors.push(words);
    process.stderr.write(`\n${words}\n`);
  }

  /** After the end of all reporters. UI mode begins many runs in one process. */
  async onExit(): Promise<void> {
    speaking = null;
  }

  printsToStdio(): boolean {
    return false;
  }

  #files(): Set<string> {
    const chosen = resolve(this.#folder, this.#options.outputFile ?? join('reports', 'summary.json'));
    // Where `guestwright run` looks for it: it does not know the config's folder.
    return new Set([chosen, process.env['GUESTWRIGHT_SUMMARY'] ?? chosen]);
  }

  #write(summary: Summary): void {
    for (const file of this.#files()) {
      const beside = `${file}.${process.pid}`;
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(beside, `${JSON.stringify(summary, null, 2)}\n`);
      renameSync(beside, file);
    }
  }
}

function describeMemoised(test: TestCase): MemoisedScenario[] {
  const result = test.results.at(-1);
  const notes = result?.annotations.filter(({ type }) => type === MEMOISED_ANNOTATION) ?? [];
  const words = notes.flatMap(({ description }) => (description === undefined ? [] : [description])).join('; ');
  return result === undefined || words === '' ? [] : [{ title: titleOf(test), words, durationMs: result.duration }];
}

function titleOf(test: TestCase): string {
  return test
    .titlePath()
    .filter((part) => part !== '')
    .join(' › ');
}

function describeFailure(test: TestCase): FailedScenario[] {
  const outcome = test.outcome();
  if (outcome === 'expected' || outcome === 'skipped') return [];
  const title = titleOf(test);
  const where = { title, file: test.location.file, line: test.location.line };
  return [{ ...where, ...(outcome === 'flaky' ? unstable(test) : { failure: failureOf(test.results.at(-1)) }) }];
}

/** The last attempt passed: what the one before failed of, and where they part, say what was unstable. */
function unstable(test: TestCase): Pick<FailedScenario, 'failure' | 'parting'> {
  const passed = test.results.at(-1);
  const failed = test.results.findLast(({ status }) => status !== 'passed');
  const { code, seen } = failureOf(failed);
  const parting = passed === undefined || failed === undefined ? null : partingOf(passed, failed);
  const attempts = `${test.results.length} attempts, the last of which passed`;
  const failure: Failure = {
    kind: 'unstable',
    code,
    expected: 'the same outcome each time',
    seen: `${attempts}${parting === null ? '' : `; ${parting}`}; before: ${seen ?? code}`,
  };
  return parting === null ? { failure } : { failure, parting };
}

/** A test without our annotation never came to its fixtures, or its worker died under it. */
function failureOf(result: TestResult | undefined): Failure {
  const noted = result?.annotations.find(({ type }) => type === FAILURE_ANNOTATION)?.description;
  const failure = parseFailure(noted);
  if (failure !== null) return failure;
  const seen = (result?.error?.message ?? result?.error?.value ?? 'it did not run').split('\n')[0] ?? '';
  const died = seen.includes('worker process exited unexpectedly') || result?.status === 'interrupted';
  return died || result === undefined
    ? { kind: 'infrastructure', code: 'worker-died', seen }
    : { kind: 'assertion', code: 'expectation-failed', seen };
}
