/** What memoisation saves: the second run of scenario 2, and another last step of one like it. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { GuestwrightError } from '../../sdk/errors.js';
import { launch } from '../../sdk/machine/launch.js';
import type { Summary } from '../../harness/reporters/tally.js';
import type { Figures } from '../figures.js';

/** Runs from the store, of which the middle one counts. */
const AGAIN = 3;

/** @param note told what was done. The store is the one of `GUESTWRIGHT_STORE`, with nothing in it yet. */
export async function measureMemo(note: (line: string) => void): Promise<Figures> {
  const first = await scenario2();
  // Half a second each: what else the host does at that moment would decide.
  const again: number[] = [];
  for (let i = 0; i < AGAIN; i++) again.push(await scenario2());
  const second = again.toSorted((a, b) => a - b)[Math.floor(AGAIN / 2)] ?? NaN;
  const all = again.map(seconds).join(', ');
  note(
    `scenario 2: ${seconds(first)} the first time, then ${all}: half of them within ${seconds(second)} (the tests' own time)`,
  );
  return {
    'memo.secondRun': { value: first / second, unit: 'times faster', baseline: 1, ratio: first / second },
    'memo.lastStep': await measureLastStep(note),
  };
}

async function measureLastStep(note: (line: string) => void): Promise<Figures[string]> {
  const [all, changed] = await inStoreOfItsOwn(async () => {
    const ran = await driven('poweroff -f\n');
    return [ran, await driven('poweroff -n -f\n')] as const;
  });
  note(`another last step: ${changed} of ${all} guest ms run again`);
  const share = changed / all;
  return { value: share, unit: 'share', baseline: 1, ratio: 1 / share };
}

/** Scenario 2 has put the same steps into the store. */
async function inStoreOfItsOwn<T>(work: () => Promise<T>): Promise<T> {
  const before = process.env['GUESTWRIGHT_STORE'];
  const folder = await mkdtemp(join(tmpdir(), 'guestwright-bench-memo-'));
  process.env['GUESTWRIGHT_STORE'] = folder;
  try {
    return await work();
  } finally {
    if (before === undefined) delete process.env['GUESTWRIGHT_STORE'];
    else process.env['GUESTWRIGHT_STORE'] = before;
    await rm(folder, { recursive: true, force: true });
  }
}

/** Wall ms of its tests. */
async function scenario2(): Promise<number> {
  const { exitCode, all } = await execa(
    process.execPath,
    [join('dist', 'harness', 'cli', 'main.js'), 'run', '--project', 'linux-v86', '--workers', '1'],
    { reject: false, all: true, stdin: 'ignore' },
  );
  const { memoised } = JSON.parse(await readFile(join('reports', 'summary.json'), 'utf8')) as Summary;
  if (exitCode !== 0 || memoised.length === 0) {
    throw new GuestwrightError('Scenario 2 was not measured', {
      kind: 'infrastructure',
      code: 'bench-failed',
      seen: all,
    });
  }
  return memoised.reduce((sum, { durationMs }) => sum + durationMs, 0);
}

/** The second half of scenario 2, up to its last step. @returns guest ms that an engine ran */
async function driven(last: string): Promise<number> {
  await using machine = await launch(
    { kernel: { path: 'linux-busybox:kernel', initrd: 'linux-busybox:initrd' }, memory: 128 },
    { memoise: true },
  );
  const { keyboard, screen, shell } = machine;
  for (const command of ['uname -sm', 'echo trying; exit 3', 'seq 1000', 'echo original > /tmp/file']) {
    await shell.run(command, { timeout: 60_000 });
  }
  await keyboard.type('echo half a line');
  await screen.getByText(/# echo half a line$/).waitFor();
  const snapshot = await machine.snapshot();
  await keyboard.type(', then the rest of it\n');
  await screen.getByText('half a line, then the rest of it', { exact: true }).waitFor();
  await shell.run('echo changed > /tmp/file');
  await shell.run('cat /tmp/file');
  await machine.revert(snapshot);
  await shell.run('cat /tmp/file');
  await keyboard.type(', then something else\n');
  await screen.getByText('half a line, then something else', { exact: true }).waitFor();
  await keyboard.type(last);
  await machine.waitForPowerOff();
  return machine.memoised?.ran ?? Number.NaN;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
