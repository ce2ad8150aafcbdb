/** The store under several processes, and under those that are killed. */
import { execa } from 'execa';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { GuestwrightError } from '../errors.js';
import { collectGarbage, verifyStore } from './maintenance.js';
import { SnapshotStore } from './store.js';
import { fillDisk, keyOf, memory, noise, smallDisk, StoreFolder } from './store.test.helper.js';

const WRITER = fileURLToPath(new URL('./writer.test.process.js', import.meta.url));

function writer(at: StoreFolder, prefix: string, count: number) {
  const scratch = join(at.folder, 'scratch');
  mkdirSync(scratch, { recursive: true });
  return execa(process.execPath, [WRITER, at.store.folder, scratch, prefix, String(count)], { reject: false });
}

/** What a snapshot of a writer's has to have in it. */
const contentOf = (name: string): Buffer => memory(200, { [Number(/\d+$/.exec(name)?.[0]) % 200]: name });

/** Every snapshot in the store has what its name says. @returns how many there are */
async function checkAll(at: StoreFolder, names: readonly string[]): Promise<number> {
  const byKey = new Map(names.map((name) => [keyOf(name), name]));
  let seen = 0;
  for (const { manifest } of await at.store.list()) {
    const name = byKey.get(manifest.key);
    if (name === undefined) continue;
    expect((await at.bytesOf(name)).equals(contentOf(name)), name).toBe(true);
    seen++;
  }
  return seen;
}

test('writers that are killed at any moment leave a store that is whole, and what they left is removed', async () => {
  using at = new StoreFolder();
  const names: string[] = [];
  for (let round = 0; round < 4; round++) {
    const process = writer(at, `r${round}-`, 1000);
    names.push(...Array.from({ length: 40 }, (_, i) => `r${round}-${i}`));
    const begun = new Promise((resolve) => process.stdout.once('data', resolve)).then(() => 'begun');
    expect(await Promise.race([begun, process.then(({ stderr }) => stderr)])).toBe('begun');
    // The moment is by chance, nothing is waited for.
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
    process.kill('SIGKILL');
    await process;
    expect(await verifyStore(at.store)).toEqual([]);
  }
  expect(await checkAll(at, names)).toBeGreaterThanOrEqual(4);
  expect(await at.store.put(at.snapshot('after', memory(200)))).toMatchObject({ outcome: 'put' });
  await collectGarbage(at.store);
  expect(readdirSync(join(at.store.folder, 'new'))).toEqual([]);
  expect(readdirSync(at.store.folder).filter((name) => name.startsWith('lock'))).toEqual([]);
});

test('two that write the same, a third that evicts all the while: nobody ever sees anything that is not whole', async () => {
  using at = new StoreFolder();
  const names = Array.from({ length: 25 }, (_, i) => `same-${i}`);
  const writers = Promise.all([writer(at, 'same-', 25), writer(at, 'same-', 25)]);
  const state = { running: true };
  const ended = writers.finally(() => (state.running = false));
  let [read, missed, evicted] = [0, 0, 0];
  while (state.running) {
    for (const name of names) {
      try {
        expect((await at.bytesOf(name)).equals(contentOf(name)), name).toBe(true);
        read++;
      } catch (error) {
        if (!(error instanceof GuestwrightError) || error.code !== 'snapshot-not-stored') throw error;
        missed++;
      }
    }
    evicted += (await collectGarbage(new SnapshotStore(at.store.folder), 1_500_000)).evicted.length;
  }
  for (const { exitCode, stderr } of await ended) expect(stderr + String(exitCode)).toBe('0');
  expect(read).toBeGreaterThan(0);
  expect(missed + evicted).toBeGreaterThan(0);
  expect(await verifyStore(at.store)).toEqual([]);
  await checkAll(at, names);
});

test('a disk that is full: a clear error, nothing half of it, and what was there is still there', async ({ skip }) => {
  using at = new StoreFolder();
  const folder = join(at.folder, 'disk');
  await using disk = await smallDisk(folder);
  if (disk === null) skip('this user may not mount a small file system');
  const store = new SnapshotStore(folder);
  await store.put(at.snapshot('a', noise('a', 400_000)));
  for (let tries = 0; tries < 3; tries++) {
    const error: unknown = await store.put(at.snapshot('b', noise('b', 900_000))).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ kind: 'infrastructure', code: 'store-full' });
    expect((error as Error).message).toContain(folder);
  }
  expect(readdirSync(join(folder, 'new'))).toEqual([]);
  expect(await verifyStore(store)).toEqual([]);
  const path = at.path();
  await store.extract(keyOf('a'), 'state', path);
  expect(readFileSync(path).equals(noise('a', 400_000))).toBe(true);
  // Full to the last byte, not even a lock can be made: still a clear error, and the next run works.
  const filler = await fillDisk(folder);
  const error: unknown = await store.put(at.snapshot('c', noise('c', 50_000))).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ kind: 'infrastructure', code: 'store-full' });
  filler.remove();
  expect(await store.put(at.snapshot('c', noise('c', 50_000)))).toMatchObject({ outcome: 'put' });
});
