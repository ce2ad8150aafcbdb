/** The file system that QEMU's layers are on is full: the guest learns nothing of it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { launch } from '../../machine/launch.js';
import { smallDisk } from '../../snapshots/store.test.helper.js';
import { writing } from '../conformance/boot-sector.js';
import { engineNamed } from '../index.js';
import { stallOf } from './failed-writes.js';

const { available } = await (await engineNamed('qemu')).probe();
const mayMount = process.getuid?.() === 0;

test.skipIf(!available || !mayMount).each([
  { bus: 'virtio', clock: 'host' },
  { bus: 'ide', clock: 'virtual' },
] as const)('waits of a scenario fail with disk-full, and go on when there is room ($bus, $clock)', async (parts) => {
  const folder = await mkdtemp(join(tmpdir(), 'guestwright-test-full-'));
  onTestFinished(async () => await rm(folder, { recursive: true, force: true }));
  await using disk = await smallDisk(join(folder, 'small'), 6);
  const floppy = join(folder, 'writer.img');
  await writeFile(floppy, writing());
  const { bus, clock } = parts;
  await using machine = await launch(
    { engine: 'qemu', floppy, memory: 16, clock, disks: [{ sizeMb: 32, bus }] },
    { runDirectory: join(folder, 'small', 'run') },
  );
  await machine.screen.getByText('READY').waitFor();
  await machine.keyboard.press('a');
  await machine.screen.getByText('READY.').waitFor();
  const full = { kind: 'infrastructure', code: 'disk-full' };
  await machine.keyboard.press('a');
  await expect(machine.screen.getByText('READY..').waitFor()).rejects.toMatchObject(full);
  expect(machine.state).toBe('paused');
  // Whatever else would have it run says the same.
  await expect(machine.keyboard.press('a')).rejects.toMatchObject(full);
  await machine.resume();
  await expect(machine.clock.advance(5000)).rejects.toMatchObject(full);
  await disk?.enlarge(100);
  const snapshot = await machine.snapshot();
  await machine.resume();
  await machine.screen.getByText('READY..').waitFor();
  await machine.revert(snapshot);
  await machine.screen.getByText('READY..').waitFor();
  expect(machine.state).toBe('running');
});

test.each([
  [{ action: 'stop', nospace: true, reason: 'No space left on device', 'node-name': 'disk1.3' }, 1, true],
  [{ action: 'stop', nospace: false, reason: 'Disk quota exceeded', 'node-name': 'disk0.1' }, 0, true],
  [{ action: 'stop', nospace: false, reason: 'Input/output error', 'node-name': 'floppy0.1' }, null, false],
])('what QEMU says of a failed write: %j', (data, disk, full) => {
  expect(stallOf({ name: 'BLOCK_IO_ERROR', data })).toEqual({ disk, full, detail: data.reason });
  expect(stallOf({ name: 'BLOCK_IO_ERROR', data: { ...data, action: 'report' } })).toBeNull();
});
