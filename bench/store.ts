/** The store: what a state that was saved a moment after another adds to it, and what need not run again. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch } from '../sdk/machine/launch.js';
import { SnapshotStore, storeStats } from '../sdk/snapshots/index.js';
import type { Group } from './group.js';
import { measureForks } from './store/forks.js';
import { measureMemo } from './store/memo.js';

const MEMORY_MB = 128;

export const store: Group = {
  async measure(note) {
    const folder = await mkdtemp(join(tmpdir(), 'guestwright-bench-store-'));
    const before = process.env['GUESTWRIGHT_STORE'];
    process.env['GUESTWRIGHT_STORE'] = folder;
    try {
      await using machine = await launch({
        kernel: { path: 'linux-busybox:kernel', initrd: 'linux-busybox:initrd' },
        memory: MEMORY_MB,
      });
      await machine.shell.run('true', { timeout: 60_000 });
      const sizes: number[] = [];
      for (const name of ['parent', 'later']) {
        await machine.saveState(`store:${name}`);
        sizes.push((await storeStats(new SnapshotStore(folder))).bytes);
        await machine.clock.advance(1_000);
      }
      const [parent = 0, both = 0] = sizes;
      note(
        `a state of ${MEMORY_MB} MB takes ${kilobytes(parent)}, one saved 1 guest second later adds ${kilobytes(both - parent)}`,
      );
      const value = (both - parent) / parent;
      // Written whole it takes as much as its parent.
      const forks = await measureForks(note);
      const memo = await measureMemo(note);
      return { 'store.delta': { value, unit: 'share', baseline: 1, ratio: 1 / value }, ...forks, ...memo };
    } finally {
      if (before === undefined) delete process.env['GUESTWRIGHT_STORE'];
      else process.env['GUESTWRIGHT_STORE'] = before;
      await rm(folder, { recursive: true, force: true });
    }
  },
};

function kilobytes(bytes: number): string {
  return `${(bytes / 1e3).toFixed(0)} kB`;
}
