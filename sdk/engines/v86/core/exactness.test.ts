import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { resolveFileRef } from '../../../images/index.js';
import { findFirmware } from '../firmware.js';
import type { How, Job, JobInput, Outcome } from './exactness.test.worker.js';

async function perform(job: Job): Promise<Outcome> {
  const input: JobInput = { job, firmware: await findFirmware() };
  const worker = new Worker(new URL('./exactness.test.worker.js', import.meta.url), { workerData: input });
  try {
    return await new Promise<Outcome>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
  } finally {
    await worker.terminate();
  }
}

test('the state hash changes with one bit of memory, CPU, engine, devices, disks, clock or randomness', async () => {
  const { hashes } = await perform({ kind: 'bits' });
  const { before, ...altered } = hashes;
  expect(Object.keys(altered)).toEqual(['memory', 'cpu', 'engine', 'devices', 'disks', 'clock', 'random']);
  let base = before;
  for (const [part, hash] of Object.entries(altered)) {
    expect(hash.hash, part).not.toBe(base?.hash);
    const changed = Object.keys(hash.parts).filter((name) => hash.parts[name] !== base?.parts[name]);
    expect(changed, `parts that changed with one bit of ${part}`).toEqual([part]);
    // These two alterations stay for the rest.
    if (part === 'disks' || part === 'clock') base = hash;
  }
});

describe('a run ends in one state, however it is watched, stored or restored', () => {
  const run = async (how: How, heapReserve: number): Promise<Outcome> => {
    const kernel = await resolveFileRef('linux-busybox:kernel');
    const initrd = await resolveFileRef('linux-busybox:initrd');
    const guest = { kernel: kernel.path, initrd: initrd.path, commandLine: kernel.commandLine ?? '' };
    return perform({ kind: 'run', how, guest, until: 2_900, heapReserve });
  };
  const RESERVED = 32 << 20;

  test('with its heap reserved', { timeout: 600_000 }, async () => {
    const straight = await run('straight', RESERVED);
    for (const how of ['watched', 'snapshots stored', 'restored in place', 'restored in a fresh instance'] as const) {
      const other = await run(how, RESERVED);
      expect(other.hashes, how).toEqual(straight.hashes);
      expect(other.grown, `growth of the memory: ${how}`).toBe(0);
    }
  });

  test('over a growth of its memory', { timeout: 600_000 }, async () => {
    const straight = await run('straight', 0);
    const restored = await run('restored in place', 0);
    expect(restored.grown).toBeGreaterThan(0);
    expect(restored.hashes).toEqual(straight.hashes);
  });
});
