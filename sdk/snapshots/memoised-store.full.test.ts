/** Memoised machines while their store is emptied under them, and where it is on a disk that is full. */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { collectGarbage, verifyStore } from './maintenance.js';
import { advanceTo, cold, drive, driven, guest, machineOf, store } from './memoised.test.helper.js';
import { SnapshotStore } from './store.js';
import { fillDisk, smallDisk } from './store.test.helper.js';
import { timelineFolder } from './timeline-files.js';

/** Evicts whatever may be evicted. @returns how much that was */
async function evictAll(): Promise<number> {
  const { evicted, timelines } = await collectGarbage(new SnapshotStore(store.folder), 0);
  return evicted.length + timelines;
}

test('a gc that evicts all the while a machine runs disturbs nothing, and the next run works', async () => {
  const expected = await cold();
  const state = { running: true };
  const collecting = (async () => {
    let evicted = 0;
    while (state.running) evicted += await evictAll();
    return evicted;
  })();
  const first = await driven(await machineOf()).finally(() => (state.running = false));
  expect((await collecting) + (await evictAll())).toBeGreaterThan(0);
  expect(first).toEqual({ ...expected, ran: 5_000, starts: 1, problems: [] });
  expect(await verifyStore(store)).toEqual([]);
  expect(await driven(await machineOf())).toEqual({ ...first, ran: 5_000 });
  expect(await driven(await machineOf())).toEqual({ ...first, ran: 0, starts: 0 });
});

test('what is evicted after a machine has answered from it is run again, from the beginning', async () => {
  const expected = await cold();
  await driven(await machineOf());
  const machine = await machineOf();
  await advanceTo(machine, 2_000);
  expect(machine.memoised.starts).toBe(0);
  expect(await evictAll()).toBeGreaterThan(0);
  // The rest of this stretch has been read; the next one, and every snapshot, is gone.
  expect(await drive(machine)).toEqual(expected);
  expect(machine.memoised).toMatchObject({ starts: 1, ran: 5_000, problems: [] });
  await machine[Symbol.asyncDispose]();
  expect(await driven(await machineOf())).toMatchObject(expected);
  expect(await driven(await machineOf())).toMatchObject({ ...expected, ran: 0 });
});

test('on a disk that is full a run is not disturbed and says so once; what was stored before it is whole', async ({
  skip,
}) => {
  const folder = join(store.folder, 'disk');
  mkdirSync(folder);
  await using disk = await smallDisk(folder);
  if (disk === null) skip('this user may not mount a small file system');
  const small = new SnapshotStore(folder);
  const expected = await driven(await machineOf(guest, Infinity, small));
  expect(expected).toMatchObject({ ran: 5_000, problems: [] });
  const stored = readdirSync(timelineFolder(small));
  const filler = await fillDisk(folder);
  // From its key on it is new: snapshots and timelines are to be written.
  const full = await driven(await machineOf(guest, 0, small), 'KeyB');
  expect(full.before).toBe(expected.before);
  expect(full.after).toContain('>b');
  expect(full.problems).toMatchObject([{ kind: 'infrastructure', code: 'store-full' }]);
  expect(readdirSync(join(folder, 'new'))).toEqual([]);
  expect(readdirSync(timelineFolder(small))).toEqual(stored);
  expect(await verifyStore(small)).toEqual([]);
  expect(await driven(await machineOf(guest, Infinity, small))).toEqual({ ...expected, ran: 0, starts: 0 });
  filler.remove();
  expect(await driven(await machineOf(guest, Infinity, small), 'KeyB')).toMatchObject({
    after: full.after,
    problems: [],
  });
  expect(await driven(await machineOf(guest, Infinity, small), 'KeyB')).toMatchObject({ after: full.after, ran: 0 });
});
