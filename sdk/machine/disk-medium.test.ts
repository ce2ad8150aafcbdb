/** Machines start from disks in every format. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { convertDisk, createOverlay, type DiskFormat } from '../disks/index.js';
import { openVhdFiles } from '../disks/open-disk.js';
import { hasQemuImg } from '../disks/qemu-img.test.helper.js';
import { qemuImg } from '../disks/qemu-img.js';
import { diskWith, printing } from '../engines/conformance/boot-sector.js';
import { engineNamed } from '../engines/index.js';
import { hardwareOf } from './hardware.js';
import { launch } from './launch.js';
import { parseSpec } from './spec.js';

let folder = '';
const at = (name: string): string => join(folder, name);
const cacheBefore = process.env['GUESTWRIGHT_CACHE'];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'guestwright-disks-'));
  process.env['GUESTWRIGHT_CACHE'] = at('cache');
  writeFileSync(at('disk.raw'), diskWith(printing('from the base'), 1 << 20));
  await convertDisk(at('disk.raw'), at('fixed.vhd'), { format: 'vhd', type: 'fixed' });
  await convertDisk(at('disk.raw'), at('dynamic.vhd'), { format: 'vhd' });
  await createOverlay(at('child.vhd'), at('dynamic.vhd'));
  const child = openVhdFiles([at('child.vhd'), at('dynamic.vhd')], { writable: true });
  child.write(0, printing('from the child'));
  child.flush();
  child.close();
  if (!hasQemuImg()) return;
  for (const format of ['vhdx', 'qcow2', 'vmdk'] satisfies DiskFormat[]) {
    await convertDisk(at('disk.raw'), at(`disk.${format}`), { format });
  }
  writeFileSync(at('other.raw'), diskWith(printing('from the child'), 1 << 20));
  await qemuImg(['create', '-q', '-f', 'qcow2', '-u', '-b', 'disk.qcow2', '-F', 'qcow2', at('child.qcow2'), '1M'], '');
  // What differs from its base is all that is in it.
  await qemuImg(['convert', '-n', '-f', 'raw', '-O', 'qcow2', at('other.raw'), at('child.qcow2')], '');
});
afterAll(() => {
  if (cacheBefore === undefined) delete process.env['GUESTWRIGHT_CACHE'];
  else process.env['GUESTWRIGHT_CACHE'] = cacheBefore;
  rmSync(folder, { recursive: true, force: true });
});

const DISKS: readonly [file: string, shows: string, byTool: boolean][] = [
  ['disk.raw', 'from the base', false],
  ['fixed.vhd', 'from the base', false],
  ['dynamic.vhd', 'from the base', false],
  ['child.vhd', 'from the child', false],
  ['disk.vhdx', 'from the base', true],
  ['disk.qcow2', 'from the base', true],
  ['disk.vmdk', 'from the base', true],
  ['child.qcow2', 'from the child', true],
];

describe.each(['v86', 'qemu'] as const)('%s', async (engine) => {
  const { available } = await (await engineNamed(engine)).probe();

  test.skipIf(!available).each(DISKS)('starts from %s', async (file, shows, byTool) => {
    if (byTool && !hasQemuImg()) return;
    const before = readFileSync(at(file));
    await using machine = await launch({ engine, memory: 16, disks: [at(file)] });
    await machine.screen.getByText(shows).waitFor();
    expect(readFileSync(at(file)).equals(before)).toBe(true);
  });
});

test('a disk that is not one names the field of the spec', async () => {
  writeFileSync(at('nothing.img'), 'nothing');
  await expect(launch({ disks: [at('disk.raw'), at('nothing.img')] })).rejects.toMatchObject({
    code: 'disk-not-raw',
    message: expect.stringContaining('disks.1.path') as string,
  });
});

test('the digest of a disk is over all of its files', async () => {
  const digest = async (): Promise<string | undefined> =>
    (await hardwareOf(parseSpec({ disks: [at('child.vhd')] }))).disks[0]?.digest;
  const before = await digest();
  expect(await digest()).toBe(before);
  const parent = openVhdFiles([at('dynamic.vhd')], { writable: true });
  parent.write(4096, Uint8Array.of(1));
  parent.flush();
  parent.close();
  expect(await digest()).not.toBe(before);
});
