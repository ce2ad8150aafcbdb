import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Medium } from '../engine.js';
import { blockNode } from './block-nodes.js';
import { emptyQcow2, isQcow2 } from './qcow2.js';

const inRun = (name: string): string => `/run/${name}`;
const file: Medium = { source: { kind: 'file', path: '/img', size: 1000 }, digest: 'x', overlay: { kind: 'memory' } };

test('a disk is a qcow2 image over a base that is opened for reading only', () => {
  expect(blockNode('disk0', 'disk', file, inRun)).toEqual({
    name: 'disk0',
    description: {
      driver: 'qcow2',
      'node-name': 'disk0',
      'read-only': false,
      discard: 'unmap',
      cache: { direct: false, 'no-flush': true },
      file: { driver: 'file', filename: '/run/disk0.qcow2' },
      backing: { driver: 'raw', 'read-only': true, file: { driver: 'file', filename: '/img', 'read-only': true } },
    },
    files: [{ kind: 'overlay', path: '/run/disk0.qcow2', size: 1024, keep: false }],
  });
});

test('an overlay of the user is used where it is, kept, and written safely', () => {
  const node = blockNode('disk0', 'disk', { ...file, overlay: { kind: 'file', path: '/mine' } }, inRun);
  expect(node.files).toEqual([{ kind: 'overlay', path: '/mine', size: 1024, keep: true }]);
  expect(node.description['cache']).toEqual({ direct: false, 'no-flush': false });
});

test('a CD is the base itself; bytes become a file first', () => {
  const bytes = new Uint8Array(2048);
  const node = blockNode('cdrom0', 'cdrom', { ...file, source: { kind: 'bytes', bytes } }, inRun);
  expect(node.description).toMatchObject({ driver: 'raw', 'read-only': true });
  expect(node.files).toEqual([{ kind: 'bytes', path: '/run/cdrom0.base', bytes }]);
});

test('a blank disk has no base', () => {
  const node = blockNode('disk0', 'disk', { ...file, source: { kind: 'blank', size: 1 << 20 } }, inRun);
  expect('backing' in node.description).toBe(false);
});

test.each([
  [512, 1_474_560],
  [737_280, 737_280],
  [1_474_560, 1_474_560],
  [1_500_000, 1_720_320],
  [2_949_120, 2_949_120],
])('a floppy image of %i bytes makes a floppy of %i', (size, expected) => {
  const node = blockNode('f', 'floppy', { ...file, source: { kind: 'file', path: '/f', size } }, inRun);
  expect(node.files).toMatchObject([{ kind: 'overlay', size: expected }]);
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
