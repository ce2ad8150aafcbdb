/** `guestwright verify`: the runs, one after the other, and what they say. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { GuestwrightError } from '../../../sdk/errors.js';
import { compareSteps, wordComparison } from '../../verify/compare.js';
import { chooseHalfway } from '../../verify/halfway.js';
import { logFileName, readLogs, stepsOf } from '../../verify/log.js';
import { VERIFY_STORE, type StorePlan } from '../../verify/record.js';
import { mayMemoise, verifyMemoised } from './memoised-runs.js';
import { oneRun, say, type Chosen, type Logs, type Run } from './one-run.js';

export interface VerifyOptions extends Chosen {
  runs: number;
  load: boolean;
  /** Whether memoised runs are held against the first, too. */
  memoise: boolean;
}

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
  const first = await oneRun(options, folder, { name: 'run 1', how: 'as it is', env: {} });
  if (!first.passed) throw scenarioFailed();
  if (first.logs.size === 0) throw nothingToVerify(options.scenarios);
  const plan = storePlan(first.logs, folder);
  let same = true;
  let stored: Run | null = null;
  for (let number = 2; number < runs; number++) {
    const storing: StorePlan = stored === null ? plan : {};
    const run = await numberedRun(options, folder, { number, busy: load && number % 2 === 1, plan: storing });
    stored ??= run;
    same = report(first.logs, run.logs) && same;
  }
  // With two runs in all there was none to store in.
  stored ??= await numberedRun(options, folder, { number: 2, busy: false, plan });
  same = (await goOnFromHalfway({ first, stored, plan, out: path.join(folder, 'replayed'), number: runs })) && same;
  const memoised =
    options.memoise && mayMemoise() ? await verifyMemoised(options, folder, first.logs) : { outcome: 'none' as const };
  same &&= memoised.outcome !== 'different';
  if (!same) say('The runs are not the same: see above.');
  else say(`${runs} of ${runs} runs are the same after every step.`);
  if (same && memoised.outcome === 'same') say(`${memoised.runs} of ${memoised.runs} memoised runs are, too.`);
  return same;
}

async function numberedRun(
  options: VerifyOptions,
  folder: string,
  { number, busy, plan }: { number: number; busy: boolean; plan: StorePlan },
): Promise<Run> {
  const storing = Object.keys(plan).length > 0;
  const how = busy ? 'with the host kept busy' : storing ? 'storing a snapshot half-way' : 'as it is';
  return await oneRun(options, folder, {
    name: `run ${number}`,
    how,
    busy,
    env: { [VERIFY_STORE]: JSON.stringify(plan) },
  });
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
    const expected: Logs = new Map([[name, stepsOf(log).slice(-rest)]]);
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
