import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { diskChain } from './chain.js';
import { hasQemuImg } from './qemu-img.test.helper.js';
import { recogniseDisk } from './recognise.js';

let folder = '';
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'guestwright-test-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);
const MB = 1 << 20;

function make(name: string, ...args: string[]): string {
  execFileSync('qemu-img', ['create', '-q', ...args, at(name), String(4 * MB)], { cwd: folder });
  return at(name);
}

/** Changes bytes of an image. */
function patch(path: string, offset: number, bytes: Uint8Array): string {
  const file = readFileSync(path);
  file.set(bytes, offset);
  writeFileSync(path, file);
  return path;
}

function bigEndian64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return bytes;
}

const codeOf = (open: () => unknown): unknown => {
  try {
    open();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return 'nothing was thrown';
};

test('a raw image is whole sectors of anything', () => {
  writeFileSync(at('disk'), new Uint8Array(1024));
  expect(recogniseDisk(at('disk'))).toMatchObject({ format: 'raw', size: 1024 });
  writeFileSync(at('disk'), new Uint8Array(1000));
  expect(codeOf(() => recogniseDisk(at('disk')))).toBe('disk-not-raw');
  writeFileSync(at('disk'), '');
  expect(codeOf(() => recogniseDisk(at('disk')))).toBe('disk-not-raw');
  expect(codeOf(() => recogniseDisk(at('nothing')))).toBe('file-missing');
  expect(codeOf(() => recogniseDisk(folder))).toBe('file-missing');
});

describe.skipIf(!hasQemuImg())('images that qemu-img made', () => {
  test.each([
    ['vhd', 'fixed', ['-f', 'vpc', '-o', 'subformat=fixed,force_size=on']],
    ['vhd', 'dynamic', ['-f', 'vpc', '-o', 'force_size=on']],
    ['vhdx', '', ['-f', 'vhdx']],
    ['vhdx', '', ['-f', 'vhdx', '-o', 'subformat=fixed']],
    ['qcow2', '', ['-f', 'qcow2']],
    ['qcow2', '', ['-f', 'qcow2', '-o', 'compat=0.10']],
    ['vmdk', '', ['-f', 'vmdk']],
    ['vmdk', '', ['-f', 'vmdk', '-o', 'subformat=streamOptimized']],
  ])('%s %s is told by its content, whatever its name is', (format, _type, args) => {
    expect(recogniseDisk(make('disk.raw', ...args))).toMatchObject({ format, size: 4 * MB });
  });

  test('VMDK whose data is elsewhere is refused', () => {
    expect(codeOf(() => recogniseDisk(make('flat.vmdk', '-f', 'vmdk', '-o', 'subformat=monolithicFlat')))).toBe(
      'disk-names-other-files',
    );
    const split = make('split.vmdk', '-f', 'vmdk', '-o', 'subformat=twoGbMaxExtentSparse');
    expect(codeOf(() => recogniseDisk(split))).toBe('disk-names-other-files');
  });

  test('VMDK that leads to another file by its header or its descriptor is refused', () => {
    const disk = make('disk.vmdk', '-f', 'vmdk');
    const text = readFileSync(disk).toString('latin1');
    const descriptor = text.indexOf('# Extent description');
    const hint = Buffer.from('parentFileNameHint="/etc/passwd"\n');
    const one = patch(disk, descriptor, hint);
    expect(codeOf(() => recogniseDisk(one))).toBe('disk-names-other-files');
    // QEMU then opens what the descriptor names.
    const two = patch(make('other.vmdk', '-f', 'vmdk'), 12, new Uint8Array(8));
    expect(codeOf(() => recogniseDisk(two))).toBe('disk-names-other-files');
  });

  test('VHDX with a parent is refused', () => {
    const disk = make('disk.vhdx', '-f', 'vhdx');
    const parameters = readFileSync(disk).indexOf(Buffer.from('3767a1ca36fa434db3b633f0aa44e76b', 'hex'));
    const table = parameters - (parameters % 65_536);
    const item = table + readFileSync(disk).readUInt32LE(parameters + 16);
    expect(codeOf(() => recogniseDisk(patch(disk, item + 4, Uint8Array.of(2))))).toBe('disk-names-other-files');
  });

  test.each([
    ['a size beyond all limits', 24, bigEndian64(2n ** 60n), 'disk-damaged'],
    ['a size of no whole sectors', 24, bigEndian64(1000n), 'disk-damaged'],
    ['data in another file', 72, bigEndian64(4n), 'disk-names-other-files'],
    ['features that nobody knows', 72, bigEndian64(1n << 40n), 'disk-unsupported'],
    ['clusters of no size', 20, Uint8Array.of(0, 0, 0, 60), 'disk-damaged'],
    ['a backing file whose name is nowhere', 8, bigEndian64(2n ** 40n), 'disk-damaged'],
  ])('qcow2 with %s is refused', (_name, offset, bytes, code) => {
    expect(codeOf(() => recogniseDisk(patch(make('disk', '-f', 'qcow2'), offset, bytes)))).toBe(code);
  });

  test('a qcow2 image lies on a plain name in its folder, and on nothing else', () => {
    make('base.qcow2', '-f', 'qcow2');
    const over = (name: string, backing: string, ...format: string[]) =>
      make(name, '-f', 'qcow2', '-u', '-b', backing, ...format);
    const chain = diskChain(over('child', 'base.qcow2', '-F', 'qcow2'));
    expect(chain.map(({ path }) => path)).toEqual([at('child'), at('base.qcow2')]);
    for (const name of [at('base.qcow2'), '../x', 'nbd:localhost:1', 'json:{"driver":"null-co"}']) {
      expect(
        codeOf(() => diskChain(over('bad', name, '-F', 'qcow2'))),
        name,
      ).toBe('disk-names-other-files');
    }
    symlinkSync('/etc/passwd', at('link'));
    expect(codeOf(() => diskChain(over('bad', 'link', '-F', 'raw')))).toBe('disk-parent-missing');
    expect(codeOf(() => diskChain(over('bad', 'base.qcow2', '-F', 'raw')))).toBe('disk-chain-invalid');
    expect(codeOf(() => diskChain(over('self', 'self', '-F', 'qcow2')))).toBe('disk-chain-invalid');
    over('one', 'two', '-F', 'qcow2');
    expect(codeOf(() => diskChain(over('two', 'one', '-F', 'qcow2')))).toBe('disk-chain-invalid');
  });
});
