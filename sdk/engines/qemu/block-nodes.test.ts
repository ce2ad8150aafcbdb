import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Medium } from '../engine.js';
import { blockNode, diskSize, topLayer } from './block-nodes.js';
import { emptyQcow2, isQcow2 } from '../../disks/qcow2.js';

const file: Medium = { source: { kind: 'file', path: '/img', size: 1000 }, digest: 'x', overlay: { kind: 'memory' } };
const disk = { key: 'disk0', device: 'disk' as const, medium: file, baseFile: '/run/disk0.base' };
const base = { driver: 'raw', 'read-only': true, file: { driver: 'file', filename: '/img', 'read-only': true } };

test('a disk is a qcow2 image over a base that is opened for reading only', () => {
  expect(blockNode({ ...disk, layers: [{ path: '/run/a' }] })).toEqual({
    name: 'disk0.1',
    description: {
      driver: 'qcow2',
      'node-name': 'disk0.1',
      'read-only': false,
      discard: 'unmap',
      cache: { direct: false, 'no-flush': true },
      file: { driver: 'file', filename: '/run/a', locking: 'off' },
      backing: base,
    },
  });
});

test('of several layers only the last is written; one may be a part of a file', () => {
  const part = { offset: 4096, size: 65_536 };
  const { name, description } = blockNode({ ...disk, layers: [{ path: '/state', part }, { path: '/run/b' }] });
  expect(name).toBe('disk0.2');
  const inFile = { driver: 'file', filename: '/state', locking: 'off', 'read-only': true };
  expect(description).toMatchObject({
    'read-only': false,
    backing: {
      driver: 'qcow2',
      'read-only': true,
      file: { driver: 'raw', ...part, 'read-only': true, file: inFile },
      backing: base,
    },
  });
  expect(() => blockNode({ ...disk, layers: [{ path: '/state', part }] })).toThrow('not written to');
});

test('a layer that is put on top of a running disk says nothing of what is below', () => {
  const { name, description } = topLayer('disk0', [{ path: '/run/a' }, { path: '/run/b' }]);
  expect([name, description['backing']]).toEqual(['disk0.2', null]);
  expect(description['file']).toMatchObject({ filename: '/run/b' });
});

test('an overlay of the user is locked against others, and written safely', () => {
  const medium: Medium = { ...file, overlay: { kind: 'file', path: '/mine' } };
  const { description } = blockNode({ ...disk, medium, layers: [{ path: '/mine' }] });
  expect(description['cache']).toEqual({ direct: false, 'no-flush': false });
  expect(description['file']).toEqual({ driver: 'file', filename: '/mine' });
});

test('a CD is the base itself; bytes are in a file', () => {
  const medium: Medium = { ...file, source: { kind: 'bytes', bytes: new Uint8Array(2048) } };
  const node = blockNode({ key: 'cdrom0', device: 'cdrom', medium, layers: [], baseFile: '/run/cd' });
  expect(node.description).toMatchObject({ driver: 'raw', 'read-only': true, file: { filename: '/run/cd' } });
});

test('a blank disk has no base, and none that its image may name', () => {
  const medium: Medium = { ...file, source: { kind: 'blank', size: 1 << 20 } };
  expect(blockNode({ ...disk, medium, layers: [{ path: '/run/a' }] }).description['backing']).toBeNull();
});

test.each([
  [512, 1_474_560],
  [737_280, 737_280],
  [1_474_560, 1_474_560],
  [1_500_000, 1_720_320],
  [2_949_120, 2_949_120],
])('a floppy image of %i bytes makes a floppy of %i', (size, expected) => {
  expect(diskSize('floppy', { ...file, source: { kind: 'file', path: '/f', size } })).toBe(expected);
});

test('an empty image says what it is; a size that no disk has is refused', () => {
  expect(isQcow2(emptyQcow2(1 << 20))).toBe(true);
  expect(isQcow2(new Uint8Array(512))).toBe(false);
  expect(() => emptyQcow2(1000)).toThrow('1000');
});

/** Not everyone who has QEMU has its tool for images. */
function hasImageTool(): boolean {
  try {
    execFileSync('qemu-img', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

test.skipIf(!hasImageTool()).each([512, 1 << 20, 1 << 29, 2 ** 40 + 512])(
  "QEMU's own tool finds nothing wrong with an empty image of %i bytes",
  (size) => {
    const folder = mkdtempSync(join(tmpdir(), 'guestwright-qcow2-'));
    try {
      const path = join(folder, 'image');
      writeFileSync(path, emptyQcow2(size));
      expect(execFileSync('qemu-img', ['check', '-f', 'qcow2', path], { encoding: 'utf8' })).toContain('No errors');
      const info = JSON.parse(
        execFileSync('qemu-img', ['info', '--output=json', path], { encoding: 'utf8' }),
      ) as object;
      expect(info).toMatchObject({ 'virtual-size': size, format: 'qcow2' });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
