/** `guestwright compare`: two runs, one after the other, and what they say. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { GuestwrightError } from '../../../sdk/errors.js';
import { listImages, resolveFileRef } from '../../../sdk/images/index.js';
import { isMissing } from '../../../sdk/images/files.js';
import { addAccepted, readAccepted } from '../../compare/accepted.js';
import { compareRuns, type CompareRules } from '../../compare/compare.js';
import { readFailure } from '../../compare/failure.js';
import { compareRecord, findingsOf, staleOf, type CompareRecord } from '../../compare/findings.js';
import { COMPARE_PLAN, type ComparePlan } from '../../compare/record.js';
import type { ImageDrive } from '../../compare/image-drives.js';
import { partFor } from '../../compare/replace-image.js';
import { verdictOf } from '../../compare/verdict.js';
import { wordFinding, wordVerdict } from '../../compare/word.js';
import { EXIT } from '../exit.js';
import { Interrupted, Interruption } from './interruption.js';
import { readRun, type FoundRun } from './read-run.js';
import { checkReplaceable, RECORD_FILE, writeReport } from './write-report.js';

export interface CompareRequest extends CompareRules {
  imageA: string;
  imageB: string;
  scenarios: readonly string[];
  cwd: string;
  drive?: ImageDrive;
  goldens: boolean;
  project?: readonly string[];
  /** Folder of the report. */
  output: string;
}

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));
const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** @returns the exit code */
export async function compareImages(request: CompareRequest): Promise<number> {
  const { imageA, imageB, cwd, output } = request;
  await checkReplaceable(path.resolve(cwd, output));
  const accepted = await readAccepted(cwd);
  const images = { a: await imageOf(imageA, request), b: await imageOf(imageB, request) };
  const folder = await mkdtemp(path.join(tmpdir(), 'guestwright-compare-'));
  using interruption = new Interruption();
  try {
    const a = await oneRun(request, interruption, { image: images.a, label: imageA, folder: path.join(folder, 'a') });
    const stop = cannotGoOn(a, request);
    if (stop !== null) return stop;
    const b = await oneRun(request, interruption, { image: images.b, label: imageB, folder: path.join(folder, 'b') });
    if (b.exitCode !== EXIT.passed && b.exitCode !== EXIT.failed) return b.exitCode;
    checkUsed(b, imageB, request);
    const machines = compareRuns(a.run, b.run, request);
    const findings = findingsOf(machines, imageB, accepted, request);
    const notes = staleOf(findings, machines, imageB, accepted).map(
      ({ test, step, kind }) => `Accepted, and not seen any more: ${test} › ${step}: ${kind}.`,
    );
    const report = await writeReport(path.resolve(cwd, output), {
      images: { a: imageA, b: imageB },
      machines,
      findings,
      rules: request,
      notes,
      runs: [a, b],
      interruption,
    });
    for (const line of [...findings.map(wordFinding), ...notes]) say(line);
    const failed = { a: a.exitCode === EXIT.failed, b: b.exitCode === EXIT.failed };
    const verdict = verdictOf(failed, machines, findings);
    for (const line of wordVerdict(verdict, request, machines.length)) say(line);
    say(`report: ${path.relative(cwd, report)}`);
    return verdict.kind === 'same' ? EXIT.passed : EXIT.failed;
  } catch (error) {
    if (error instanceof Interrupted) return error.exitCode;
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * With a drive an image of the catalogue is the part that goes there.
 * @throws GuestwrightError `usage/file-missing`, `usage/image-unknown`, `usage/image-part-unknown`, `usage/compare-no-part`
 */
async function imageOf(text: string, { drive }: Pick<CompareRequest, 'drive'>): Promise<ComparePlan['image']> {
  const image = (await listImages()).find(({ name }) => name === text);
  if (image !== undefined) {
    return drive === undefined
      ? { kind: 'catalogue', name: text }
      : { kind: 'file', name: `${text}:${partFor(image, drive)}` };
  }
  const isPart = text.includes(':');
  await resolveFileRef(text);
  return { kind: 'file', name: isPart ? text : path.resolve(text) };
}

interface RunOn {
  image: ComparePlan['image'];
  label: string;
  folder: string;
}

/** Runs the scenarios in a process of their own. @throws GuestwrightError that a worker has left */
async function oneRun(
  { scenarios, cwd, drive, goldens, project }: CompareRequest,
  interruption: Interruption,
  { image, label, folder }: RunOn,
): Promise<FoundRun> {
  interruption.check();
  say(`on ${label} …`);
  const args = [...scenarios, '--workers=1', '--retries=0', '--repeat-each=1', '--reporter=line'];
  args.push('--update-snapshots=none', `--output=${path.join(folder, 'results')}`);
  if (!goldens) args.push('--ignore-snapshots');
  if (project !== undefined) args.push(...project.map((one) => `--project=${one}`));
  const plan: ComparePlan = { folder, image, drive: drive ?? null };
  const from = performance.now();
  const child = execa(process.execPath, [MAIN, 'run', ...args], {
    cwd,
    reject: false,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { [COMPARE_PLAN]: JSON.stringify(plan), PLAYWRIGHT_FORCE_TTY: '0' },
  });
  const { exitCode = EXIT.infrastructure } = await interruption.whileRunning(child);
  const seconds = ((performance.now() - from) / 1000).toFixed(1);
  say(`on ${label}: ${exitCode === 0 ? 'passed' : `failed (exit code ${exitCode})`} in ${seconds} s`);
  const failure = await readFailure(folder);
  if (failure !== null) throw failure;
  return { exitCode, ...(await readRun(folder)) };
}

/** Null: it can. @throws GuestwrightError `usage/compare-no-machine`, `usage/compare-image-unused` */
function cannotGoOn(found: FoundRun, request: CompareRequest): number | null {
  const { exitCode, run } = found;
  if (exitCode !== EXIT.passed && exitCode !== EXIT.failed) return exitCode;
  if (run.courses.length === 0) {
    if (exitCode === EXIT.failed) return exitCode;
    throw new GuestwrightError('The scenarios used no machine', {
      kind: 'usage',
      code: 'compare-no-machine',
      expected: 'scenarios with the fixture `machine`, or with `launch`',
      seen: request.scenarios.join(', '),
      next: 'name a scenario that drives a machine',
    });
  }
  checkUsed(found, request.imageA, request);
  return null;
}

/** Machines that launched, all with the scenario's own image, say nothing about another. @throws GuestwrightError `usage/compare-image-unused` */
function checkUsed({ run: { courses } }: FoundRun, image: string, { drive }: Pick<CompareRequest, 'drive'>): void {
  if (courses.length === 0 || courses.some(({ replaced }) => replaced)) return;
  throw new GuestwrightError(`No machine of the scenarios has a place for ${image}`, {
    kind: 'usage',
    code: 'compare-image-unused',
    expected:
      drive === undefined ? 'a machine with an image of its own in a drive' : `a machine with an image in ${drive}`,
    seen: courses.map(({ test, machine }) => `${test}: ${machine}`).join('\n'),
    next: 'name a scenario whose machine boots an image, or another --drive',
  });
}

/** @throws GuestwrightError `usage/compare-no-report`, `usage/compare-number-unknown` */
export async function accept(numbers: string, { cwd, output }: { cwd: string; output: string }): Promise<void> {
  const file = path.join(path.resolve(cwd, output), RECORD_FILE);
  const record = await readRecord(file);
  const open = record.findings.filter(({ isAccepted }) => !isAccepted);
  const chosen = numbers === 'all' ? open : numbers.split(',').map((text) => numbered(text, record));
  await addAccepted(
    cwd,
    chosen.map((finding) => finding.accept),
  );
  for (const { words } of chosen) say(`accepted: ${words}`);
  if (chosen.length === 0) say('There was nothing left to accept.');
}

function numbered(text: string, { findings }: CompareRecord): CompareRecord['findings'][number] {
  const found = findings.find(({ number }) => String(number) === text.trim());
  if (found !== undefined) return found;
  throw new GuestwrightError(`There is no difference ${text.trim()} in the last report`, {
    kind: 'usage',
    code: 'compare-number-unknown',
    expected: findings.length === 0 ? 'a report with differences' : `"all", or numbers from 1 to ${findings.length}`,
    seen: text,
    next: 'take the numbers from the report, or run the comparison again',
  });
}

async function readRecord(file: string): Promise<CompareRecord> {
  try {
    return compareRecord.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    throw new GuestwrightError('There is no comparison to accept from', {
      kind: 'usage',
      code: 'compare-no-report',
      expected: `${file}, as guestwright compare writes it`,
      seen: isMissing(error) ? 'no such file' : 'a file that cannot be read',
      next: 'run guestwright compare <imageA> <imageB> <scenario> first, or name its folder with -o',
    });
  }
}

export function missingArguments(accepting: boolean): GuestwrightError {
  return new GuestwrightError(accepting ? '--accept stands alone' : 'Two images and a scenario are needed', {
    kind: 'usage',
    code: 'compare-arguments',
    expected: accepting
      ? 'guestwright compare --accept all, after a comparison'
      : 'guestwright compare <imageA> <imageB> <scenario...>',
    next: 'guestwright compare --help has examples',
  });
}
