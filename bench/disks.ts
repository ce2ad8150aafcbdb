/**
 * Disks: a dynamic VHD with FAT and ext4 mounted, written and unmounted, by the commands as a user runs them. The baseline is
 * the three seconds that each may take.
 */
import { execa } from 'execa';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeRawDisk, toDynamicVhd } from '../sdk/disks/mount/test-images.test.helper.js';
import type { Figure } from './figures.js';
import type { Group } from './group.js';

const MAIN = fileURLToPath(new URL('../harness/cli/main.js', import.meta.url));
const MOST_SECONDS = 3;
/** The middle one counts. */
const TIMES = 5;
const WRITTEN = 'a file that was written through the mount\n'.repeat(1000);

export const disks: Group = {
  async measure(note) {
    const folder = await mkdtemp(join(tmpdir(), 'guestwright-bench-disks-'));
    try {
      await makeRawDisk(join(folder, 'disk.raw'), folder, ['fat16', 'ext4']);
      toDynamicVhd(join(folder, 'disk.raw'), join(folder, 'disk.vhd'));
      const mountDiscard = await median(folder, '--discard', note);
      const mountCommit = await median(folder, '--commit', note);
      return { 'disk.mountCommit': mountCommit, 'disk.mountDiscard': mountDiscard };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function median(folder: string, how: string, note: (line: string) => void): Promise<Figure> {
  const image = join(folder, 'disk.vhd');
  const at = join(folder, 'mounted');
  const seconds: number[] = [];
  for (let time = 0; time < TIMES; time++) {
    const before = await readFile(image);
    const start = performance.now();
    await disk(folder, 'mount', image, at);
    for (const partition of ['1', '2']) await writeFile(join(at, partition, 'file.txt'), `${time}${how}${WRITTEN}`);
    await disk(folder, 'unmount', how, at);
    seconds.push((performance.now() - start) / 1000);
    const isAsBefore = before.equals(await readFile(image));
    if (isAsBefore === (how === '--commit')) throw new Error(`unmount ${how} did something else`);
  }
  seconds.sort((a, b) => a - b);
  const value = seconds[Math.floor(TIMES / 2)] ?? NaN;
  note(`mount, write, unmount ${how}: ${seconds.map((one) => one.toFixed(2)).join(', ')} s`);
  return { value, unit: 's', baseline: MOST_SECONDS, ratio: MOST_SECONDS / value };
}

async function disk(folder: string, ...args: string[]): Promise<void> {
  await execa(process.execPath, [MAIN, 'disk', ...args], { env: { GUESTWRIGHT_CACHE: join(folder, 'cache') } });
}
