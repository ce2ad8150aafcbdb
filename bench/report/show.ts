/** From the address of a failed run to its Linux, live in a browser. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHROMIUM, startChromium } from '../../harness/e2e/chromium.js';
import { serveRun } from '../../harness/cli/show/show.js';
import { watchFrame, watchRun } from '../../harness/runs/watch.js';
import { writeRun } from '../../harness/runs/write-run.js';
import { launch } from '../../sdk/machine/launch.js';
import type { Started } from '../../sdk/machine/types.js';
import { median, type Figures } from '../figures.js';

const TIMES = 3;

export async function measureShow(note: (line: string) => void): Promise<Figures> {
  if (CHROMIUM === null) {
    note('show.toLive is not measured: there is no Chromium (npm run setup -- --with browser)');
    return {};
  }
  const folder = await mkdtemp(join(tmpdir(), 'guestwright-bench-show-'));
  try {
    const file = join(folder, 'linux.guestwright.zip');
    await failedRun(file);
    await using server = await serveRun(file);
    const browser = await startChromium();
    try {
      const times: number[] = [];
      for (let i = 0; i < TIMES; i++) {
        const page = await browser.newPage();
        const from = performance.now();
        await page.goto(server.url);
        await page.getByRole('button', { name: 'Resume' }).click();
        await page.getByText(/^Live, at/).waitFor({ timeout: 60_000 });
        times.push((performance.now() - from) / 1000);
        await page.close();
      }
      const value = median(times);
      note(`a failed run of a Linux of 128 MB: live in the browser after ${value.toFixed(2)} s`);
      return { 'show.toLive': { value, unit: 's', baseline: null, ratio: null } };
    } finally {
      await browser.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What a test leaves that fails at a shell's prompt. */
async function failedRun(file: string): Promise<void> {
  const started: Started[] = [];
  await using machine = await launch(
    { kernel: { path: 'linux-busybox:kernel', initrd: 'linux-busybox:initrd' }, memory: 128 },
    { name: 'linux', onStart: (one) => void started.push(one), onFrame: watchFrame },
  );
  for (const one of started) watchRun(machine, one);
  await machine.shell.run('true', { timeout: 60_000 });
  await machine.screen.frame();
  await writeRun(machine, { title: 'fails', error: 'it failed', goldens: { goldens: [], pictures: new Map() } }, file);
}
