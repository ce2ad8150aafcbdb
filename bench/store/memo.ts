/** What memoisation saves: the second run of scenario 2, and another last step of one like it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { GuestwrightError } from '../../sdk/errors.js';
import { launch } from '../../sdk/machine/launch.js';
import type { Summary } from '../../harness/reporters/tally.js';
import type { Figures } from '../figures.js';

/** @param note told what was done. The store is the one of `GUESTWRIGHT_STORE`, with nothing in it yet. */
export async function measureMemo(note: (line: string) => void): Promise<Figures> {
  const first = await scenario2();
  const second = await scenario2();
  note(`scenario 2: ${seconds(first)} the first time, ${seconds(second)} the second (the tests' own time)`);
  await driven('echo the last step\n', 'the last step');
  const changed = await driven('echo another last step\n', 'another last step');
  note(`another last step: ${changed.ran} of ${changed.all} guest ms run again`);
  const share = changed.ran / changed.all;
  return {
    'memo.secondRun': { value: first / second, unit: 'times faster', baseline: 1, ratio: first / second },
    'memo.lastStep': { value: share, unit: 'share', baseline: 1, ratio: 1 / share },
  };
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

/** Guest ms that an engine ran, and all. */
async function driven(last: string, shown: string): Promise<{ ran: number; all: number }> {
  await using machine = await launch(
    { kernel: { path: 'linux-busybox:kernel', initrd: 'linux-busybox:initrd' }, memory: 128 },
    { memoise: true },
  );
  await machine.screen.getByText('guest:~#').waitFor({ timeout: 60_000 });
  for (const command of ['uname -sm', 'ls -l /', 'seq 1000', 'dmesg | tail']) await machine.shell.run(command);
  await machine.keyboard.type(last);
  await machine.screen.getByText(shown, { exact: true }).waitFor();
  return { ran: machine.memoised?.ran ?? machine.clock.now, all: machine.clock.now };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
