import { expect, test } from 'vitest';
import { RawBlocks } from '../raw-blocks.js';
import { BytesStorage } from '../storage.js';
import { withoutFreeSpace } from './without-free-space.js';

const CLUSTERS = 5000;
const DATA_AT = (1 + 20 + 32) * 512;

/** FAT16 on a whole disk, with something in all of its clusters of 512 bytes, of which those given are used. */
function fat16(used: readonly number[], flags = 0xffff): Uint8Array {
  const disk = new Uint8Array(DATA_AT + CLUSTERS * 512).fill(0xaa);
  disk.fill(0, 0, DATA_AT);
  const view = new DataView(disk.buffer);
  view.setUint16(11, 512, true);
  view.setUint8(13, 1);
  view.setUint16(14, 1, true);
  view.setUint8(16, 1);
  view.setUint16(17, 512, true);
  view.setUint16(19, disk.length / 512, true);
  view.setUint8(21, 0xf8);
  view.setUint16(22, 20, true);
  view.setUint16(510, 0xaa55, true);
  view.setUint16(512, 0xfff8, true);
  view.setUint16(514, flags, true);
  for (const cluster of used) view.setUint16(512 + 2 * cluster, 0xffff, true);
  return disk;
}

const cleared = (disk: Uint8Array) => withoutFreeSpace(new RawBlocks(new BytesStorage(disk)), disk.length, 'disk.img');

test('free clusters read as zeros, and nothing else does', () => {
  const disk = fat16([2, 3, 70, 5001]);
  const expected = disk.slice();
  expected.fill(0, DATA_AT);
  for (const cluster of [2, 3, 70, 5001]) {
    const from = DATA_AT + (cluster - 2) * 512;
    expected.fill(0xaa, from, from + 512);
  }
  const { blocks } = cleared(disk);
  expect(Buffer.from(blocks.read(0, disk.length)).equals(expected)).toBe(true);
  for (const at of [DATA_AT - 100, DATA_AT + 900, DATA_AT + 67 * 512, disk.length - 700]) {
    expect([...blocks.read(at, 700)], String(at)).toEqual([...expected.slice(at, at + 700)]);
  }
});

test('a file system that was not unmounted is left as it is', () => {
  expect(() => cleared(fat16([2], 0x7fff))).toThrow('not unmounted');
});

test('a first sector that lies is not believed', () => {
  const disk = fat16([2]);
  new DataView(disk.buffer).setUint16(22, 1, true);
  expect(() => cleared(disk)).toThrow('cannot be');
});

test('a partition table that is damaged is not believed, whatever stands in it', () => {
  const disk = new Uint8Array(4 << 20);
  const view = new DataView(disk.buffer);
  // One partition of the type that only a GPT has, and a header without its checksum.
  view.setUint8(446 + 4, 0xee);
  view.setUint32(446 + 8, 1, true);
  view.setUint32(446 + 12, disk.length / 512 - 1, true);
  view.setUint16(510, 0xaa55, true);
  disk.set(new TextEncoder().encode('EFI PART'), 512);
  view.setUint32(512 + 12, 92, true);
  expect(() => cleared(disk)).toThrow('The partition table of disk.img is damaged');
});
