/**
 * How long an assertion takes whose text is on the screen already: `expect(screen).toShowText(…)`, step and all, in a real
 * run of Playwright Test on v86. The guest stands still, so it is asked about one and the same frame; what varies is the
 * host.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { requirePlaywright } from '../../harness/cli/run/playwright.js';
import { GuestwrightError } from '../../sdk/errors.js';
import { median, type Figures } from '../figures.js';

const CONFIG = `
import { defineConfig, defineGuests } from 'guestwright';
export default defineConfig({
  testDir: '.',
  reporter: 'line',
  workers: 1,
  build: { external: ['**/dist/**'] },
  projects: defineGuests({ guests: { grub: { spec: { floppy: 'grub-rescue:floppy', memory: 32 } } } }),
});
`;

const SCENARIO = `
import { writeFile } from 'node:fs/promises';
import { expect, test } from 'guestwright';
test('asserts again and again', async ({ machine }) => {
  await expect(machine.screen).toShowText('GNU GRUB', { timeout: 60_000 });
  const times: number[] = [];
  for (let i = 0; i < 300; i++) {
    const start = performance.now();
    await expect(machine.screen).toShowText('Memtest86+');
    times.push(performance.now() - start);
    // Every other look is at a new frame.
    if (i % 2 === 1) await machine.clock.advance(100);
  }
  await writeFile('times.json', JSON.stringify(times));
});
`;

/** os-autoinst's time for the same, ms: see the README. */
const OS_AUTOINST_MS = 990;

export async function measureMatch(note: (line: string) => void): Promise<Figures> {
  // Inside of this package, so that the scenario imports it by its name, as a user's does.
  const parent = path.join('reports', 'bench');
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(path.join(parent, 'match-'));
  try {
    await writeFile(path.join(folder, 'playwright.config.ts'), CONFIG);
    await writeFile(path.join(folder, 'match.spec.ts'), SCENARIO);
    const { cli } = requirePlaywright(process.cwd());
    const { failed, stdout, stderr } = await execa(process.execPath, [cli, 'test'], { cwd: folder, reject: false });
    if (failed) throw runFailed(`${stdout}\n${stderr}`);
    const times = z
      .array(z.number())
      .min(1)
      .parse(JSON.parse(await readFile(path.join(folder, 'times.json'), 'utf8')));
    const value = median(times);
    note(`match.text.v86: ${times.length} assertions, ${value.toFixed(2)} ms`);
    return { 'match.text.v86': { value, unit: 'ms', baseline: OS_AUTOINST_MS, ratio: OS_AUTOINST_MS / value } };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function runFailed(seen: string): GuestwrightError {
  return new GuestwrightError('The scenario that is measured failed', {
    kind: 'infrastructure',
    code: 'bench-run-failed',
    seen,
    next: 'run `npx guestwright doctor`',
  });
}
