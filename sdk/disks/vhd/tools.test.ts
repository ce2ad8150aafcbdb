/** Held against other programs that read and write VHDs. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FileStorage } from '../storage.js';
import { checkVhd } from './check.js';
import { compactVhd } from './compact.js';
import { createVhd } from './create.js';
import { openVhd, type VhdDisk } from './disk.js';
import { SECTOR } from './format.js';
import { openVhdWithParents } from './parents.js';
import { readVhd } from './read-vhd.js';
import { resizeVhd } from './resize.js';
import { Chance, contents, expectSame, piece } from './vhd.test.helper.js';

const hasQemu = spawnSync('qemu-img', ['--version']).status === 0;
const has7zz = spawnSync('7zz', ['i']).status === 0;

let folder = '';
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'guestwright-test-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

function run(tool: string, ...args: string[]): Buffer {
  const { status, stdout, stderr } = spawnSync(tool, args, { cwd: folder, maxBuffer: 1 << 30 });
  if (status !== 0) throw new Error(`${tool} ${args.join(' ')}: ${status}: ${stderr.toString()}${stdout.toString()}`);
  return stdout;
}

function make(name: string, options: Parameters<typeof createVhd>[1]): void {
  const storage = new FileStorage(at(name), 'new');
  createVhd(storage, options);
  storage.close();
}

/** What was written, at random places, in pieces small and large. */
function fill(disk: VhdDisk, chance: Chance): Uint8Array {
  const model = contents(disk);
  for (let i = 0; i < 40; i++) {
    const { offset, length } = piece(chance, disk.size, i % 8 === 0 ? 1_500_000 : 5000);
    const bytes = chance.bytes(length);
    disk.write(offset, bytes);
    model.set(bytes, offset);
  }
  return model;
}

/** Sectors: a product of a geometry, and some that are none. */
const SIZES = [1, 2, 17 * 4 * 306, 12_345, 20_481, 40_000];

describe.skipIf(!hasQemu).each(['fixed', 'dynamic'] as const)('%s, against qemu-img', (type) => {
  test.each(SIZES)('ours, of %i sectors, is read by it, with exactly this size', (sectors) => {
    make('ours.vhd', { type, size: sectors * SECTOR });
    const disk = openVhd(new FileStorage(at('ours.vhd'), 'write'), { writable: true });
    const model = fill(disk, new Chance(sectors));
    disk.close();
    run('qemu-img', 'convert', '-f', 'vpc', '-O', 'raw', 'ours.vhd', 'raw');
    expectSame(readFileSync(at('raw')), model);
  });

  test.each([...SIZES.slice(2), 1 << 16])('its own, of %i sectors, is read by us, and written to', (sectors) => {
    const model = new Uint8Array(sectors * SECTOR);
    const chance = new Chance(sectors);
    for (let i = 0; i < 20; i++) {
      const { offset, length } = piece(chance, model.length, 700_000);
      model.set(chance.bytes(length), offset);
    }
    writeFileSync(at('raw'), model);
    const options = `subformat=${type},force_size=on`;
    run('qemu-img', 'convert', '-f', 'raw', '-O', 'vpc', '-o', options, 'raw', 'its.vhd');
    const disk = openVhd(new FileStorage(at('its.vhd'), 'write'), { writable: true });
    expect(disk.info).toMatchObject({ type, size: model.length, footerDamaged: false });
    expect(checkVhd(disk.storage)).toEqual([]);
    expectSame(contents(disk), model);
    const after = fill(disk, chance);
    disk.close();
    run('qemu-img', 'convert', '-f', 'vpc', '-O', 'raw', 'its.vhd', 'raw');
    expectSame(readFileSync(at('raw')), after);
  });

  test('its own of the size of a geometry has for us the size that it has for it', () => {
    run('qemu-img', 'create', '-f', 'vpc', '-o', `subformat=${type}`, 'its.vhd', '10M');
    const info: unknown = JSON.parse(run('qemu-img', 'info', '-f', 'vpc', '--output=json', 'its.vhd').toString());
    const storage = new FileStorage(at('its.vhd'));
    expect(info).toMatchObject({ 'virtual-size': readVhd(storage).size });
    storage.close();
  });

  test('resized, and compacted, ours is read by it', async () => {
    make('ours.vhd', { type, size: 12_345 * SECTOR, blockSize: 1 << 16 });
    const disk = openVhd(new FileStorage(at('ours.vhd'), 'write'), { writable: true });
    const model = fill(disk, new Chance(7));
    disk.flush();
    const size = 54_321 * SECTOR;
    resizeVhd(disk.storage, size);
    disk.close();
    const wanted = new Uint8Array(size);
    wanted.set(model);
    run('qemu-img', 'convert', '-f', 'vpc', '-O', 'raw', 'ours.vhd', 'raw');
    expectSame(readFileSync(at('raw')), wanted);
    if (type === 'fixed') return;
    const target = new FileStorage(at('compact.vhd'), 'new');
    const source = openVhd(new FileStorage(at('ours.vhd')));
    await compactVhd(source, target);
    for (const open of [source, target]) open.close();
    run('qemu-img', 'convert', '-f', 'vpc', '-O', 'raw', 'compact.vhd', 'raw');
    expectSame(readFileSync(at('raw')), wanted);
  });
});

test.skipIf(!hasQemu)('the largest disk has its size for qemu-img too', () => {
  make('ours.vhd', { type: 'dynamic', size: 0xff000000 * SECTOR });
  const info: unknown = JSON.parse(run('qemu-img', 'info', '-f', 'vpc', '--output=json', 'ours.vhd').toString());
  expect(info).toMatchObject({ 'virtual-size': 0xff000000 * SECTOR });
});

describe.skipIf(!has7zz)('against 7zz', () => {
  test.each(['fixed', 'dynamic'] as const)(
    'differencing disks of a %s one, and of one of these, read the same',
    (type) => {
      const size = 12_345 * SECTOR;
      make('base.vhd', { type, size });
      const base = openVhd(new FileStorage(at('base.vhd'), 'write'), { writable: true });
      let model = fill(base, new Chance(1));
      base.close();
      let parent = 'base.vhd';
      for (const [number, name] of ['child.vhd', 'grandchild.vhd'].entries()) {
        const storage = new FileStorage(at(parent));
        make(name, { type: 'differencing', size, parent: { ...readVhd(storage), path: parent } });
        storage.close();
        const disk = openVhdWithParents(at(name), { writable: true });
        expectSame(contents(disk), model);
        model = fill(disk, new Chance(2 + number));
        disk.close();
        expectSame(run('7zz', 'x', '-so', name), model);
        const again = openVhdWithParents(at(name));
        expectSame(contents(again), model);
        again.close();
        parent = name;
      }
    },
  );
});
