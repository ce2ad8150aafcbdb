/** Twenty machines that are forked of one snapshot at once: they do not know of each other, and cost next to nothing on disk. */
import { readdirSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { typewriter } from '../engines/conformance/boot-sector.js';
import { launch } from './launch.js';

/** Bytes of all files in a folder; 0 if it is not there. */
function bytesIn(folder: string): number {
  try {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    return files.reduce((sum, { parentPath, name }) => sum + statSync(path.join(parentPath, name)).size, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

test.each([false, true])('twenty forks at once (memoised: %s)', async (memoise) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'guestwright-test-forks-'));
  const store = path.join(folder, 'store');
  vi.stubEnv('GUESTWRIGHT_STORE', store);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true, force: true });
  });
  const floppy = path.join(folder, 'typewriter.img');
  await writeFile(floppy, typewriter());
  const machine = await launch({ floppy, memory: 8 }, { memoise });
  onTestFinished(async () => await machine.dispose());
  await machine.screen.getByText('>').waitFor();
  const state = path.join(folder, 'state');
  await machine.saveState(state);
  const snapshot = await machine.snapshot();
  const letters = 'abcdefghijklmnopqrst'.split('');
  const forks = await Promise.all(letters.map(async () => await snapshot.fork()));
  onTestFinished(async () => await Promise.all(forks.map(async (fork) => await fork.dispose())).then(() => undefined));
  // What they are forked of may go before them.
  if (!memoise) await machine.dispose();
  const texts = await Promise.all(
    forks.map(async (fork, i) => {
      await fork.keyboard.type(letters[i] ?? '');
      await fork.screen.getByText(/>./).waitFor();
      return (await fork.screen.text()).trim();
    }),
  );
  expect(texts.map((text) => text.slice(text.indexOf('>')))).toEqual(letters.map((letter) => `>${letter}`));
  await Promise.all([...forks, machine].map(async (one) => await one.dispose()));
  expect(bytesIn(store)).toBeLessThan(2 * statSync(state).size);
});
