import { expect, test } from 'vitest';
import { BytesStorage } from '../storage.js';
import { compactVhd } from './compact.js';
import { copyDisk } from '../copy-disk.js';
import { openVhd, type VhdDisk } from './disk.js';
import { checkVhd } from './check.js';
import { SECTOR } from './format.js';
import { mergeVhd } from './merge.js';
import { readVhd } from './read-vhd.js';
import { resizeVhd } from './resize.js';
import {
  afterKill,
  Chance,
  childOf,
  codeOf,
  contents,
  expectSame,
  IDS,
  image,
  piece,
  RecordedStorage,
  writable,
} from './vhd.test.helper.js';

const [, B = ''] = IDS;

function fill(disk: VhdDisk, seed: number): void {
  const chance = new Chance(seed);
  for (let i = 0; i < 25; i++) {
    const { offset, length } = piece(chance, disk.size, 8000);
    disk.write(offset, chance.bytes(length));
  }
  disk.flush();
}

function family(): { parentStorage: BytesStorage; childStorage: BytesStorage; parent: VhdDisk; child: VhdDisk } {
  const parentStorage = image({ type: 'dynamic' });
  const parent = writable(parentStorage);
  fill(parent, 1);
  const childStorage = childOf(parent, B);
  const child = writable(childStorage, { parent });
  fill(child, 2);
  return { parentStorage, childStorage, parent, child };
}

test('compacted a dynamic disk has no zeroed blocks, and is the same disk', async () => {
  const storage = image({ type: 'dynamic' });
  const disk = writable(storage);
  disk.write(0, new Uint8Array(disk.size).fill(5));
  disk.write(4096, new Uint8Array(10 * 4096));
  disk.write(100, new Uint8Array(3000));
  disk.flush();
  const target = new BytesStorage();
  await compactVhd(disk, target);
  expectSame(contents(openVhd(target)), contents(disk));
  expect(readVhd(target)).toEqual({ ...readVhd(storage), blocks: { size: 4096, allocated: 11, total: 21 } });
  expect(target.size()).toBe(storage.size() - 10 * (4096 + SECTOR));
  expect(checkVhd(target)).toEqual([]);
});

test('compacted a differencing disk hides what its parent has where it has zeros, and nothing else', async () => {
  const parent = writable(image({ type: 'dynamic' }));
  parent.write(0, new Uint8Array(4096).fill(1));
  parent.flush();
  const storage = childOf(parent, B);
  const child = writable(storage, { parent });
  child.write(1024, new Uint8Array(40_000));
  child.write(50_000, Uint8Array.of(1));
  const target = new BytesStorage();
  await compactVhd(child, target);
  const compact = openVhd(target, { parent });
  expectSame(contents(compact), contents(child));
  expect([...compact.extents()]).toEqual([
    { offset: 1024, length: 3072 },
    { offset: 49_664, length: SECTOR },
  ]);
  expect(readVhd(target).parent).toEqual(readVhd(storage).parent);
});

test('a fixed disk is not compacted', async () => {
  await expect(compactVhd(openVhd(image({ type: 'fixed' })), new BytesStorage())).rejects.toThrow('a fixed one');
});

test('merged into its parent a disk leaves there what it read as', async () => {
  const { parentStorage, childStorage, child, parent } = family();
  const wanted = contents(child);
  const before = childStorage.bytes.slice();
  const progress: number[] = [];
  await mergeVhd(child, parent, { onProgress: ({ done, total }) => progress.push(done / total) });
  expectSame(contents(openVhd(parentStorage)), wanted);
  expectSame(childStorage.bytes, before);
  expect(progress.at(-1)).toBe(1);
  expect([...progress].sort((one, other) => one - other)).toEqual(progress);
});

test('a merge that was killed at any write leaves the child as it was, and is made again', async () => {
  const { parentStorage, childStorage, child } = family();
  const wanted = contents(child);
  const before = parentStorage.bytes.slice();
  const recorded = new RecordedStorage(before.slice());
  await mergeVhd(child, writable(recorded));
  for (let count = 0; count <= recorded.steps.length; count += 1) {
    const left = afterKill(before, recorded.steps.slice(0, count), 1);
    const parent = writable(left);
    const again = openVhd(childStorage, { parent });
    expectSame(contents(again), wanted);
    await mergeVhd(again, parent);
    expectSame(contents(openVhd(left)), wanted);
  }
});

test('a disk is merged only into its parent, and only where that may be written to', async () => {
  const { child, parent, parentStorage } = family();
  await expect(mergeVhd(parent, child)).rejects.toMatchObject({ code: 'disk-parent-wrong' });
  await expect(mergeVhd(child, child)).rejects.toMatchObject({ code: 'disk-parent-wrong' });
  await expect(mergeVhd(child, openVhd(parentStorage))).rejects.toMatchObject({ code: 'disk-read-only' });
});

test.each(['fixed', 'dynamic'] as const)(
  'a %s disk made larger has zeros there, and smaller it keeps the rest',
  (type) => {
    const storage = image({ type });
    const disk = writable(storage);
    disk.write(0, new Uint8Array(disk.size).fill(9));
    disk.flush();
    const model = contents(disk);
    for (const size of [model.length + SECTOR, 4096 * 30, 4096 * 1000]) {
      resizeVhd(storage, size);
      const grown = new Uint8Array(size);
      grown.set(model);
      expectSame(contents(openVhd(storage)), grown);
      expect(checkVhd(storage).filter(({ kind }) => kind !== 'room-lost')).toEqual([]);
    }
    resizeVhd(storage, model.length);
    expectSame(contents(openVhd(storage)), model);
    const before = storage.bytes.slice();
    expect(codeOf(() => resizeVhd(storage, 9 * SECTOR))).toBe('usage/disk-loses-data');
    expectSame(storage.bytes, before);
    resizeVhd(storage, 9 * SECTOR, { loseData: true });
    expectSame(contents(openVhd(storage)), model.slice(0, 9 * SECTOR));
    resizeVhd(storage, 20 * SECTOR);
    expectSame(openVhd(storage).read(9 * SECTOR, 11 * SECTOR), new Uint8Array(11 * SECTOR));
  },
);

test('a differencing disk is not resized, and no disk to a size that cannot be', () => {
  const { childStorage, parentStorage } = family();
  expect(codeOf(() => resizeVhd(childStorage, 4096))).toBe('usage/disk-options');
  for (const size of [0, 1000, 2 ** 42]) expect(codeOf(() => resizeVhd(parentStorage, size))).toBe('usage/disk-size');
});

test('copied, a chain of disks is one that reads the same', async () => {
  const { child } = family();
  for (const type of ['fixed', 'dynamic'] as const) {
    const storage = image({ type, size: child.size });
    const totals = new Set<number>();
    const copy = writable(storage);
    await copyDisk(child, copy, { onProgress: (_done, total) => totals.add(total) });
    copy.flush();
    expectSame(contents(openVhd(storage)), contents(child));
    expect(totals.size).toBe(1);
  }
});

test('an almost empty disk of 1 TB is copied in no time', async () => {
  const from = writable(image({ type: 'dynamic', size: 2 ** 40, blockSize: 2 << 20 }));
  from.write(2 ** 39, new Uint8Array(5000).fill(1));
  const storage = image({ type: 'dynamic', size: 2 ** 40, blockSize: 2 << 20 });
  const copy = writable(storage);
  await copyDisk(from, copy);
  copy.flush();
  expectSame(openVhd(storage).read(2 ** 39 - 1, 5002), from.read(2 ** 39 - 1, 5002));
});

test('a copy that is aborted ends with the reason, and lets others have their turn', async () => {
  const from = writable(image({ type: 'dynamic', size: 64 << 20, blockSize: 2 << 20 }));
  for (let at = 0; at < from.size; at += 1 << 20) from.write(at, Uint8Array.of(1));
  const reason = new Error('enough');
  const aborted = new AbortController();
  setTimeout(() => aborted.abort(reason), 0);
  const to = { write: () => burn(5) };
  await expect(copyDisk(from, to, { signal: aborted.signal })).rejects.toBe(reason);
});

function burn(milliseconds: number): void {
  for (const end = performance.now() + milliseconds; performance.now() < end;);
}
