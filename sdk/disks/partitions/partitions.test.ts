import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { GuestwrightError } from '../../errors.js';
import { readPartitions, type Partition } from './partitions.js';

const SECTOR = 512;

class Disk {
  readonly bytes: Buffer;
  constructor(sectors: number) {
    this.bytes = Buffer.alloc(sectors * SECTOR);
  }
  get size(): number {
    return this.bytes.length;
  }
  read(offset: number, length: number): Uint8Array {
    if (offset < 0 || offset + length > this.size) throw new RangeError(`read of ${offset} to ${offset + length}`);
    return new Uint8Array(this.bytes.subarray(offset, offset + length));
  }
  table(at: number, entries: [type: number, start: number, length: number][]): this {
    for (const [index, [type, start, length]] of entries.entries()) {
      const entry = at * SECTOR + 446 + 16 * index;
      this.bytes.writeUInt8(type, entry + 4);
      this.bytes.writeUInt32LE(start, entry + 8);
      this.bytes.writeUInt32LE(length, entry + 12);
    }
    this.bytes.writeUInt16LE(0xaa55, at * SECTOR + 510);
    return this;
  }
  text(offset: number, text: string): this {
    this.bytes.write(text, offset, 'latin1');
    return this;
  }
}

/** Two partitions, with both copies. */
function gptDisk(sector = 512): Disk {
  const disk = new Disk((2048 * sector) / SECTOR).table(0, [[0xee, 1, 2047]]);
  const entries = Buffer.alloc(128 * 128);
  for (const [index, [first, last]] of [
    [100, 199],
    [200, 299],
  ].entries()) {
    entries.write('a2a0d0ebe5b9334487c068b6b72699c7', index * 128, 'hex');
    entries.writeBigUInt64LE(BigInt(first ?? 0), index * 128 + 32);
    entries.writeBigUInt64LE(BigInt(last ?? 0), index * 128 + 40);
    entries.write(`part ${index + 1}`, index * 128 + 56, 'utf16le');
  }
  const copy = (at: number, entriesAt: number) => {
    disk.bytes.set(entries, entriesAt * sector);
    const header = disk.bytes.subarray(at * sector, (at + 1) * sector);
    header.write('EFI PART', 0, 'latin1');
    header.writeUInt32LE(92, 12);
    header.writeBigUInt64LE(BigInt(entriesAt), 72);
    header.writeUInt32LE(128, 80);
    header.writeUInt32LE(128, 84);
    header.writeUInt32LE(crc32(entries), 88);
    header.writeUInt32LE(crc32(header.subarray(0, 92)), 16);
  };
  copy(1, 2);
  copy(2047, 2000);
  return disk;
}

const places = (partitions: Partition[]) =>
  partitions.map(({ number, offset, size }) => [number, offset / SECTOR, size / SECTOR]);

/** The code that it is refused with. */
function refusal(disk: Disk): string {
  try {
    readPartitions(disk, 'x');
  } catch (error) {
    if (error instanceof GuestwrightError) return error.code;
    throw error;
  }
  return 'none';
}

describe('a table in the first sector', () => {
  test('primary and logical partitions have Linux’s numbers', () => {
    const disk = new Disk(4096)
      .table(0, [
        [0x83, 64, 100],
        [0x05, 1000, 2000],
      ])
      .table(1000, [
        [0x83, 10, 90],
        [0x05, 500, 200],
      ])
      .table(1500, [[0x07, 10, 90]]);
    expect(places(readPartitions(disk, 'x'))).toEqual([
      [1, 64, 100],
      [5, 1010, 90],
      [6, 1510, 90],
    ]);
  });

  test('an extended partition without a table is empty', () => {
    expect(readPartitions(new Disk(4096).table(0, [[0x0f, 1000, 2000]]), 'x')).toEqual([]);
  });

  test.each<[string, (disk: Disk) => Disk]>([
    ['a partition beyond the end', (disk) => disk.table(0, [[0x83, 4000, 97]])],
    ['a partition of the largest numbers', (disk) => disk.table(0, [[0x83, 0xffffffff, 0xffffffff]])],
    ['a partition on the table', (disk) => disk.table(0, [[0x83, 0, 10]])],
    [
      'overlapping partitions',
      (disk) =>
        disk.table(0, [
          [0x83, 10, 10],
          [0x83, 19, 10],
        ]),
    ],
    [
      'a chain that comes back to itself',
      (disk) =>
        disk
          .table(0, [[0x05, 1000, 2000]])
          .table(1000, [
            [0x83, 10, 90],
            [0x05, 500, 200],
          ])
          .table(1500, [
            [0x83, 10, 90],
            [0x05, 500, 200],
          ]),
    ],
    [
      'a chain that leaves the extended partition',
      (disk) =>
        disk.table(0, [[0x05, 1000, 2000]]).table(1000, [
          [0x83, 10, 90],
          [0x05, 2500, 200],
        ]),
    ],
    [
      'a logical partition beyond its extended one',
      (disk) => disk.table(0, [[0x05, 1000, 2000]]).table(1000, [[0x83, 10, 1991]]),
    ],
    [
      'two extended partitions',
      (disk) =>
        disk.table(0, [
          [0x05, 1000, 100],
          [0x05, 2000, 100],
        ]),
    ],
  ])('%s is refused', (_what, make) => {
    expect(refusal(make(new Disk(4096)))).toBe('partitions-damaged');
  });
});

describe('a GPT', () => {
  test('names its partitions', () => {
    const partitions = readPartitions(gptDisk(), 'x');
    expect(places(partitions)).toEqual([
      [1, 100, 100],
      [2, 200, 100],
    ]);
    expect(partitions[1]).toMatchObject({
      table: 'gpt',
      name: 'part 2',
      type: 'ebd0a0a2-b9e5-4433-87c0-68b6b72699c7',
    });
  });

  test('of a disk with sectors of 4096 bytes is read', () => {
    expect(places(readPartitions(gptDisk(4096), 'x'))).toEqual([
      [1, 800, 800],
      [2, 1600, 800],
    ]);
  });

  test.each([
    ['its header', SECTOR + 40],
    ['its entries', 2 * SECTOR + 32],
  ])('with damage in %s is read from the copy', (_where, at) => {
    const disk = gptDisk();
    disk.bytes.writeUInt8(disk.bytes.readUInt8(at) ^ 0x55, at);
    expect(places(readPartitions(disk, 'x'))).toEqual(places(readPartitions(gptDisk(), 'x')));
  });

  test('with both copies damaged is refused', () => {
    const disk = gptDisk();
    disk.bytes.fill(1, 2 * SECTOR, 3 * SECTOR);
    disk.bytes.fill(1, 2000 * SECTOR, 2001 * SECTOR);
    expect(refusal(disk)).toBe('partitions-damaged');
  });

  test('that says that it has four thousand million entries is refused', () => {
    const disk = gptDisk();
    for (const at of [1, 2047]) {
      const header = disk.bytes.subarray(at * SECTOR, at * SECTOR + 92);
      header.writeUInt32LE(0xffffffff, 80);
      header.writeUInt32LE(0, 16);
      header.writeUInt32LE(crc32(header), 16);
    }
    expect(refusal(disk)).toBe('partitions-damaged');
  });
});

describe('file systems are told by their content', () => {
  const on = (mark: (disk: Disk) => unknown): string | undefined => {
    const disk = new Disk(4096);
    mark(disk);
    return readPartitions(disk, 'x')[0]?.fileSystem;
  };
  const fat = (disk: Disk, values: { root: number; sectors: number; fatSectors: number; perCluster?: number }) => {
    disk.bytes.set([0xeb, 0x3c, 0x90], 0);
    disk.bytes.writeUInt16LE(512, 11);
    disk.bytes.writeUInt8(values.perCluster ?? 1, 13);
    disk.bytes.writeUInt16LE(1, 14);
    disk.bytes.writeUInt8(2, 16);
    disk.bytes.writeUInt16LE(values.root, 17);
    disk.bytes.writeUInt8(0xf8, 21);
    disk.bytes.writeUInt32LE(values.sectors, 32);
    if (values.root === 0) disk.bytes.writeUInt32LE(values.fatSectors, 36);
    else disk.bytes.writeUInt16LE(values.fatSectors, 22);
    disk.bytes.writeUInt16LE(0xaa55, 510);
  };
  const ext = (disk: Disk, compatible: number, incompatible: number) => {
    disk.bytes.writeUInt16LE(0xef53, 1024 + 56);
    disk.bytes.writeUInt32LE(compatible, 1024 + 92);
    disk.bytes.writeUInt32LE(incompatible, 1024 + 96);
  };

  test.each<[string, (disk: Disk) => unknown]>([
    ['fat12', (disk) => fat(disk, { root: 224, sectors: 2880, fatSectors: 9 })],
    ['fat16', (disk) => fat(disk, { root: 512, sectors: 40960, fatSectors: 160 })],
    ['fat32', (disk) => fat(disk, { root: 0, sectors: 204800, fatSectors: 1600 })],
    ['ext2', (disk) => ext(disk, 0, 2)],
    ['ext3', (disk) => ext(disk, 4, 2)],
    ['ext4', (disk) => ext(disk, 4, 0x42)],
    ['ntfs', (disk) => disk.text(3, 'NTFS    ')],
    ['exfat', (disk) => disk.text(3, 'EXFAT   ')],
    ['iso9660', (disk) => disk.text(32769, 'CD001')],
    ['swap', (disk) => disk.text(4086, 'SWAPSPACE2')],
    ['unknown', () => undefined],
  ])('%s', (name, mark) => {
    expect(on(mark)).toBe(name);
  });

  test('a disk smaller than a sector is nothing', () => {
    expect(readPartitions({ size: 0, read: () => new Uint8Array() }, 'x')[0]?.fileSystem).toBe('unknown');
  });
});
