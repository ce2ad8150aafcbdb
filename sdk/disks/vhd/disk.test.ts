import { describe, expect, test } from 'vitest';
import { BytesStorage } from '../storage.js';
import { createVhd } from './create.js';
import { openVhd, type VhdDisk } from './disk.js';
import { SECTOR } from './format.js';
import { readVhd } from './read-vhd.js';
import {
  Chance,
  childOf,
  codeOf,
  contents,
  CREATED,
  expectSame,
  IDS,
  image,
  piece,
  spoilFooter,
  writable,
} from './vhd.test.helper.js';

const [A = '', B = '', C = ''] = IDS;

function filledParent(): VhdDisk {
  const parent = writable(image({ type: 'dynamic' }));
  for (let at = 0; at < parent.size; at += 3000)
    parent.write(at, new Uint8Array(Math.min(1000, parent.size - at)).fill(0xee));
  parent.flush();
  return parent;
}

const kinds: [string, () => { disk: VhdDisk; reopen: () => VhdDisk }][] = [
  ...(['fixed', 'dynamic'] as const).flatMap((type) =>
    [512, 4096, 1 << 21].map((blockSize): [string, () => { disk: VhdDisk; reopen: () => VhdDisk }] => [
      `${type}, blocks of ${blockSize}`,
      () => {
        const storage = image({ type, blockSize });
        return { disk: writable(storage), reopen: () => writable(storage) };
      },
    ]),
  ),
  [
    'differencing',
    () => {
      const parent = filledParent();
      const storage = childOf(parent, B);
      return { disk: writable(storage, { parent }), reopen: () => writable(storage, { parent }) };
    },
  ],
  [
    'differencing, of a differencing one',
    () => {
      const base = filledParent();
      const parent = writable(childOf(base, B), { parent: base });
      parent.write(5000, new Uint8Array(9000).fill(0xdd));
      const storage = childOf(parent, C);
      return { disk: writable(storage, { parent }), reopen: () => writable(storage, { parent }) };
    },
  ],
];

describe.each(kinds)('%s', (_name, make) => {
  test.each([1, 2, 3])('what is written at random places is read again, also when opened anew (seed %i)', (seed) => {
    const made = make();
    let { disk } = made;
    const model = contents(disk);
    const chance = new Chance(seed);
    for (let i = 0; i < 150; i++) {
      const write = piece(chance, disk.size, 12_000);
      const bytes = chance.bytes(write.length);
      disk.write(write.offset, bytes);
      model.set(bytes, write.offset);
      const read = piece(chance, disk.size, 12_000);
      expectSame(disk.read(read.offset, read.length), model.slice(read.offset, read.offset + read.length));
      if (chance.below(20) === 0) {
        disk.flush();
        disk = made.reopen();
      }
    }
    disk.flush();
    expectSame(contents(made.reopen()), model);
  });

  test('what its pieces leave out are zeros, and they are ascending and apart', () => {
    const { disk } = make();
    disk.write(4096 * 3 + 100, new Uint8Array(6000).fill(7));
    disk.write(disk.size - 1, Uint8Array.of(1));
    const model = contents(disk);
    const copy = new Uint8Array(disk.size);
    let end = -1;
    for (const { offset, length } of disk.dataExtents()) {
      expect(offset).toBeGreaterThan(end);
      end = offset + length;
      copy.set(model.subarray(offset, end), offset);
    }
    expect(end).toBe(disk.size);
    expectSame(copy, model);
  });
});

test('the same options make the same bytes', () => {
  for (const type of ['fixed', 'dynamic'] as const) expectSame(image({ type }).bytes, image({ type }).bytes);
});

test('a new disk says of itself what was asked for', () => {
  const parent = openVhd(image({ type: 'dynamic' }));
  const storage = new BytesStorage();
  const { id, size, created } = parent;
  const path = '../bases/Eltern – ä.vhd';
  const absolutePath = 'C:\\disks\\Eltern – ä.vhd';
  createVhd(storage, {
    type: 'differencing',
    size,
    id: B,
    created: CREATED,
    parent: { id, size, created, path, absolutePath },
  });
  expect(readVhd(storage)).toEqual({
    type: 'differencing',
    size,
    geometry: { cylinders: 2, heads: 4, sectors: 17 },
    id: B,
    created: CREATED,
    creator: { application: 'win ', version: 0x10000, host: 'Wi2k' },
    savedState: false,
    blocks: { size: 2 << 20, allocated: 0, total: 1 },
    parent: {
      id: A,
      modified: CREATED,
      name: 'Eltern – ä.vhd',
      locators: [
        { platform: 'W2ru', path: '..\\bases\\Eltern – ä.vhd' },
        { platform: 'W2ku', path: absolutePath },
      ],
    },
    footerDamaged: false,
  });
});

test.each([
  [0, undefined],
  [1000, undefined],
  [-512, undefined],
  [0xff000000 * SECTOR + SECTOR, undefined],
  [Number.NaN, undefined],
])('a disk of %d bytes is not made', (size) => {
  const storage = new BytesStorage();
  expect(codeOf(() => createVhd(storage, { type: 'dynamic', size }))).toBe('usage/disk-size');
  expect(storage.size()).toBe(0);
});

test('a disk of the largest size is made, written at its end and read again', () => {
  const storage = new BytesStorage();
  createVhd(storage, { type: 'dynamic', size: 0xff000000 * SECTOR });
  const disk = writable(storage);
  disk.write(disk.size - 3, Uint8Array.of(1, 2, 3));
  disk.flush();
  expect([...openVhd(storage).read(disk.size - 4, 4)]).toEqual([0, 1, 2, 3]);
  expect([...disk.extents()]).toEqual([{ offset: disk.size - SECTOR, length: SECTOR }]);
});

test('options that cannot be are refused before anything is written', () => {
  const storage = new BytesStorage();
  const make = (options: Partial<Parameters<typeof createVhd>[1]>) =>
    codeOf(() => createVhd(storage, { type: 'dynamic', size: 1 << 20, ...options }));
  expect(make({ blockSize: 3000 })).toBe('usage/disk-options');
  expect(make({ id: 'no id' })).toBe('usage/disk-options');
  expect(make({ type: 'differencing' })).toBe('usage/disk-options');
  expect(make({ parent: { id: A, size: 1 << 20, path: 'p.vhd' } })).toBe('usage/disk-options');
  expect(make({ type: 'differencing', parent: { id: A, size: 1 << 19, path: 'p.vhd' } })).toBe('usage/disk-size');
  expect(make({ type: 'differencing', parent: { id: A, size: 1 << 20, path: 'folder/' } })).toBe('usage/disk-options');
  expect(storage.size()).toBe(0);
});

test('zeros make no block of a dynamic disk, but hide what the parent has', () => {
  const dynamic = image({ type: 'dynamic' });
  const before = dynamic.size();
  writable(dynamic).write(0, new Uint8Array(40_000));
  expect(dynamic.size()).toBe(before);
  const parent = filledParent();
  const child = writable(childOf(parent, B), { parent });
  child.write(0, new Uint8Array(SECTOR));
  expectSame(child.read(0, SECTOR + 1), Uint8Array.of(...new Uint8Array(SECTOR), 0xee));
});

test('a disk opened for reading is not written to', () => {
  const storage = image({ type: 'fixed' });
  expect(codeOf(() => openVhd(storage).write(0, Uint8Array.of(1)))).toBe('usage/disk-read-only');
});

test('what is not within the disk is neither read nor written', () => {
  const disk = writable(image({ type: 'fixed' }));
  expect(() => disk.read(disk.size - 1, 2)).toThrow(RangeError);
  expect(() => disk.write(disk.size - 1, new Uint8Array(2))).toThrow(RangeError);
  expect(() => disk.read(-1, 1)).toThrow(RangeError);
  expect([...disk.read(disk.size, 0)]).toEqual([]);
});

test('a footer of 511 bytes, as Virtual PC once wrote, is read and written to', () => {
  for (const type of ['fixed', 'dynamic'] as const) {
    const storage = image({ type });
    storage.truncate(storage.size() - 1);
    expect(readVhd(storage).footerDamaged).toBe(false);
    const disk = writable(storage);
    disk.write(1000, Uint8Array.of(1, 2, 3));
    disk.flush();
    expect(readVhd(storage).footerDamaged).toBe(false);
    expect([...openVhd(storage).read(999, 5)]).toEqual([0, 1, 2, 3, 0]);
  }
});

test('where the footer is damaged its copy is used, and the first write mends it', () => {
  const storage = image({ type: 'dynamic' });
  const disk = writable(storage);
  disk.write(0, new Uint8Array(9000).fill(5));
  disk.flush();
  const model = contents(disk);
  spoilFooter(storage);
  expect(readVhd(storage).footerDamaged).toBe(true);
  const mended = writable(storage);
  expectSame(contents(mended), model);
  mended.write(40_000, Uint8Array.of(1));
  mended.flush();
  model[40_000] = 1;
  expect(readVhd(storage).footerDamaged).toBe(false);
  expectSame(contents(openVhd(storage)), model);
});

test('a guest that writes a footer into the first sector of a fixed disk does not change what the disk is', () => {
  const other = image({ type: 'dynamic', id: C });
  const storage = image({ type: 'fixed' });
  const disk = writable(storage);
  disk.write(0, other.read(0, 2048));
  expect(readVhd(storage)).toMatchObject({ type: 'fixed', id: A });
});
