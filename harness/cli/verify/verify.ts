/** `guestwright verify`: the runs, one after the other, and what they say. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { GuestwrightError } from '../../../sdk/errors.js';
import { compareSteps, wordComparison } from '../../verify/compare.js';
import { chooseHalfway } from '../../verify/halfway.js';
import { logFileName, readLogs, stepsOf, type LogEntry } from '../../verify/log.js';
import { VERIFY_FOLDER, VERIFY_STORE, type StorePlan } from '../../verify/record.js';
import { keepBusy } from './busy.js';

export interface VerifyOptions {
  scenarios: readonly string[];
  cwd: string;
  runs: number;
  load: boolean;
  project?: readonly string[];
}

type Logs = Map<string, LogEntry[]>;

interface Run {
  /** Where its logs are. */
  folder: string;
  logs: Logs;
  passed: boolean;
}

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));
const REPLAY = fileURLToPath(new URL('../../verify/replay-process.js', import.meta.url));

/** @returns whether all runs were the same after every step */
export async function verify(options: VerifyOptions): Promise<boolean> {
  const folder = await mkdtemp(path.join(tmpdir(), 'guestwright-verify-'));
  try {
    return await runAll(options, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runAll(options: VerifyOptions, folder: string): Promise<boolean> {
  const { runs, load } = options;
  const first = await oneRun(options, folder, { number: 1, busy: false, plan: {} });
  if (!first.passed) throw scenarioFailed();
  if (first.logs.size === 0) throw nothingToVerify(options.scenarios);
  const plan = storePlan(first.logs, folder);
  let same = true;
  let stored: Run | null = null;
  for (let number = 2; number < runs; number++) {
    const storing: StorePlan = stored === null ? plan : {};
    const run = await oneRun(options, folder, { number, busy: load && number % 2 === 1, plan: storing });
    stored ??= run;
    same = report(first.logs, run.logs) && same;
  }
  // With two runs in all there was none to store in.
  stored ??= await oneRun(options, folder, { number: 2, busy: false, plan });
  same = (await goOnFromHalfway({ first, stored, plan, out: path.join(folder, 'replayed'), number: runs })) && same;
  say(same ? `${runs} of ${runs} runs are the same after every step.` : 'The runs are not the same: see above.');
  return same;
}

async function oneRun(
  { scenarios, cwd, project }: VerifyOptions,
  folder: string,
  { number, busy, plan }: { number: number; busy: boolean; plan: StorePlan },
): Promise<Run> {
  const storing = Object.keys(plan).length > 0;
  say(`run ${number}: ${busy ? 'with the host kept busy' : storing ? 'storing a snapshot half-way' : 'as it is'} …`);
  const logs = path.join(folder, `run-${number}`);
  await using load = busy ? keepBusy() : null;
  const from = performance.now();
  const results = path.join(folder, 'results');
  const args = [...scenarios, '--workers=1', '--retries=0', '--reporter=line', `--output=${results}`];
  if (project !== undefined) args.push(...project.map((name) => `--project=${name}`));
  const { exitCode } = await execa(process.execPath, [MAIN, 'run', ...args], {
    cwd,
    reject: false,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { [VERIFY_FOLDER]: logs, [VERIFY_STORE]: JSON.stringify(plan), PLAYWRIGHT_FORCE_TTY: '0' },
  });
  const seconds = ((performance.now() - from) / 1000).toFixed(1);
  const loaded = load === null ? '' : `, beside ${load.threads} busy threads`;
  const passed = exitCode === 0;
  say(`run ${number}: ${passed ? 'passed' : `failed (exit code ${exitCode ?? 'none'})`} in ${seconds} s${loaded}`);
  return { folder: logs, logs: readLogsIfAny(logs), passed };
}

function readLogsIfAny(folder: string): Logs {
  try {
    return readLogs(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw error;
  }
}

/** Says for every machine whether the run was the same. */
function report(expected: Logs, seen: Logs): boolean {
  let same = true;
  for (const [name, log] of expected) {
    const comparison = compareSteps(stepsOf(log), stepsOf(seen.get(name) ?? []));
    if (comparison.outcome === 'same') say(`  same after each of ${comparison.steps} steps: ${name}`);
    else {
      same = false;
      say(`  DIFFERENT: ${name}\n    ${wordComparison(comparison)}`);
    }
  }
  return same;
}

function storePlan(logs: Logs, folder: string): StorePlan {
  const plan: StorePlan = {};
  for (const [index, [name, log]] of [...logs].entries()) {
    const at = chooseHalfway(log);
    if (at !== null) plan[name] = { at, file: path.join(folder, `half-way-${index}`) };
  }
  return plan;
}

async function goOnFromHalfway(run: {
  first: Run;
  stored: Run;
  plan: StorePlan;
  out: string;
  number: number;
}): Promise<boolean> {
  say(`run ${run.number}: another process goes on from half-way …`);
  let same = true;
  for (const [name, log] of run.first.logs) {
    const plan = run.plan[name];
    const stored = run.stored.logs.get(name) ?? [];
    const index = stored.findIndex(({ kind }) => kind === 'stored');
    if (plan === undefined || index < 0) {
      same = false;
      say(`  NOT POSSIBLE: ${name}\n    the run passes no whole guest second that could be stored`);
      continue;
    }
    const file = path.join(run.stored.folder, logFileName(name));
    await execa(process.execPath, [REPLAY, file, plan.file, run.out, name], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const rest = stepsOf(stored.slice(index)).length;
    const expected = new Map<string, LogEntry[]>([[name, stepsOf(log).slice(-rest)]]);
    same = report(expected, readLogs(run.out)) && same;
  }
  return same;
}

function scenarioFailed(): GuestwrightError {
  return new GuestwrightError('There is nothing to hold the runs against', {
    kind: 'assertion',
    code: 'scenario-failed',
    expected: 'the first run to pass',
    seen: 'it failed (see above)',
    next: 'make the scenario pass with "guestwright run" first',
  });
}

function nothingToVerify(scenarios: readonly string[]): GuestwrightError {
  return new GuestwrightError('The scenarios used no machine', {
    kind: 'usage',
    code: 'nothing-to-verify',
    expected: 'scenarios with the fixture `machine`, or with `launch`',
    seen: scenarios.join(', '),
    next: 'name a scenario that drives a machine',
  });
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
