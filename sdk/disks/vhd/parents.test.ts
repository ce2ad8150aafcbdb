import { mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { BytesStorage } from '../storage.js';
import { FileStorage } from '../storage.js';
import { openVhdChain } from './chain.js';
import { createVhd, type NewParent } from './create.js';
import { openVhd, type VhdDisk } from './disk.js';
import { MAX_CHAIN } from './parent.js';
import { openVhdWithParents } from './parents.js';
import { childOf, codeOf, CREATED, IDS, image, writable } from './vhd.test.helper.js';

const [A = '', B = '', C = ''] = IDS;
const SIZE = 64 << 10;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'guestwright-test-'));
  mkdirSync(join(folder, 'disks'));
  mkdirSync(join(folder, 'elsewhere'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

function make(name: string, id: string, parent?: Partial<NewParent>): void {
  const storage = new FileStorage(at(name), 'new');
  const type = parent === undefined ? 'dynamic' : 'differencing';
  const whole = parent && { id: A, size: SIZE, created: CREATED, path: 'base.vhd', ...parent };
  createVhd(storage, { type, size: SIZE, id, created: CREATED, ...(whole !== undefined && { parent: whole }) });
  storage.close();
}

const open = (name: string, ...parents: string[]) =>
  codeOf(() => openVhdWithParents(at(name), { parents: parents.map(at) }).close());

test('the parent is found beside the disk', () => {
  make('disks/base.vhd', A);
  make('disks/child.vhd', B, {});
  expect(open('disks/child.vhd')).toBeNull();
});

test('a parent elsewhere is given, under any name', () => {
  make('elsewhere/renamed.vhd', A);
  make('disks/child.vhd', B, {});
  expect(open('disks/child.vhd')).toBe('usage/disk-parent-missing');
  expect(open('disks/child.vhd', 'elsewhere/renamed.vhd')).toBeNull();
});

test("a path in the image is not followed: neither out of the disk's folder, nor an absolute one, nor into folders", () => {
  make('elsewhere/base.vhd', A);
  make('disks/up.vhd', B, { path: '../elsewhere/base.vhd' });
  make('disks/absolute.vhd', B, { path: 'x.vhd', absolutePath: at('elsewhere/base.vhd') });
  expect(open('disks/up.vhd')).toBe('usage/disk-parent-missing');
  expect(open('disks/absolute.vhd')).toBe('usage/disk-parent-missing');
  make('down.vhd', B, { path: 'elsewhere/base.vhd' });
  expect(open('down.vhd')).toBe('usage/disk-parent-missing');
  renameSync(at('elsewhere/base.vhd'), at('disks/base.vhd'));
  expect(open('disks/up.vhd')).toBeNull();
});

test('what the error says is the name and the id that were looked for, and harmless', () => {
  make('disks/child.vhd', B, { path: 'ba\u001b[31mse.vhd' });
  expect(() => openVhdWithParents(at('disks/child.vhd'))).toThrow(
    new RegExp(`the id ${A}, named "ba\\\\u\\{1b\\}\\[31mse.vhd"[^]*--parent FILE`),
  );
});

test('a file of the right name with another id, or that is no VHD, or no file, is not the parent', () => {
  make('disks/base.vhd', C);
  make('disks/child.vhd', B, {});
  expect(open('disks/child.vhd')).toBe('usage/disk-parent-missing');
  writeFileSync(at('disks/base.vhd'), 'no VHD');
  expect(open('disks/child.vhd')).toBe('usage/disk-parent-missing');
  rmSync(at('disks/base.vhd'));
  mkdirSync(at('disks/base.vhd'));
  expect(open('disks/child.vhd')).toBe('usage/disk-parent-missing');
});

test('names that no file can have are no names', () => {
  for (const path of ['..', '.', 'x'.repeat(256)]) {
    rmSync(at('disks/child.vhd'), { force: true });
    make('disks/child.vhd', B, { path });
    expect(open('disks/child.vhd')).toBe('usage/disk-parent-missing');
  }
});

test('disks that are parents of each other are told', () => {
  make('disks/one.vhd', B, { id: C, path: 'two.vhd' });
  make('disks/two.vhd', C, { id: B, path: 'one.vhd' });
  expect(open('disks/one.vhd')).toBe('usage/disk-parent-cycle');
  make('disks/self.vhd', A, { id: A, path: 'self.vhd' });
  expect(open('disks/self.vhd', 'disks/self.vhd')).toBe('usage/disk-parent-missing');
});

test("the parent's time is compared: its file's, or the one in it", () => {
  const changed = new Date('2012-03-04T05:06:07.891Z');
  make('disks/base.vhd', A);
  make('disks/child.vhd', B, { modified: changed });
  expect(open('disks/child.vhd')).toBe('usage/disk-parent-changed');
  openVhdWithParents(at('disks/child.vhd'), { acceptChangedParent: true }).close();
  utimesSync(at('disks/base.vhd'), changed, changed);
  expect(open('disks/child.vhd')).toBeNull();
});

test('only the child is written to', () => {
  make('disks/base.vhd', A);
  make('disks/child.vhd', B, {});
  const disk = openVhdWithParents(at('disks/child.vhd'), { writable: true });
  disk.write(1000, Uint8Array.of(1, 2, 3));
  expect(codeOf(() => disk.parent?.write(0, Uint8Array.of(1)))).toBe('usage/disk-read-only');
  disk.close();
  const again = openVhdWithParents(at('disks/child.vhd'));
  expect([...again.read(999, 5)]).toEqual([0, 1, 2, 3, 0]);
  again.close();
});

/** Storages of a chain, the child first. */
function chain(length: number): BytesStorage[] {
  const storages = [image({ type: 'dynamic', id: idOf(0) })];
  for (let i = 1; i < length; i++) {
    const parent = { id: idOf(i - 1), size: image({ type: 'dynamic' }).size(), path: 'parent.vhd', created: CREATED };
    const size = 20 * 4096 + 3 * 512;
    storages.unshift(image({ type: 'differencing', id: idOf(i), size, parent: { ...parent, size } }));
  }
  return storages;
}

function idOf(number: number): string {
  return `00000000-0000-4000-8000-${number.toString().padStart(12, '0')}`;
}

function openAll(storages: readonly BytesStorage[]): VhdDisk {
  const [child, ...others] = storages.map((storage) => ({ storage }));
  if (child === undefined) throw new RangeError('no child');
  return openVhdChain([child, ...others]);
}

test(`a chain has ${MAX_CHAIN} disks at most`, () => {
  const longest = openAll(chain(MAX_CHAIN));
  expect(longest.chain).toHaveLength(MAX_CHAIN);
  expect(longest.read(5000, 10)).toEqual(new Uint8Array(10));
  expect(codeOf(() => openAll(chain(MAX_CHAIN + 1)))).toBe('usage/disk-chain-too-long');
});

test('a chain that ends too early, or has the wrong disk in it, is not opened', () => {
  const storages = chain(4);
  expect(codeOf(() => openAll(storages.slice(0, 3)))).toBe('usage/disk-parent-missing');
  expect(codeOf(() => openAll([...storages.slice(0, 2), ...storages.slice(3)]))).toBe('usage/disk-parent-wrong');
  expect(codeOf(() => openAll([...storages, ...storages.slice(3)]))).toBe('usage/disk-parent-wrong');
});

test('a parent of another size is not the parent', () => {
  const child = childOf(openVhd(image({ type: 'dynamic' })), B);
  const parent = openVhd(image({ type: 'dynamic', size: 4096 }));
  expect(codeOf(() => openVhd(child, { parent }))).toBe('usage/disk-parent-wrong');
  expect(codeOf(() => writable(child))).toBe('usage/disk-parent-missing');
});
