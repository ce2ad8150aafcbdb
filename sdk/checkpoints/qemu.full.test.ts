/** Checkpoints of a real Linux with a disk, on QEMU. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { engineNamed } from '../engines/index.js';
import { launch } from '../machine/launch.js';
import type { MachineSpecInput } from '../machine/spec.js';
import { SnapshotStore } from '../snapshots/store.js';
import { Checkpoints } from './checkpoints.js';

const { available } = await (await engineNamed('qemu')).probe();
const SPEC: MachineSpecInput = {
  engine: 'qemu',
  memory: 64,
  kernel: { path: 'linux-busybox:kernel', initrd: 'linux-busybox:initrd' },
  disks: [{ sizeMb: 8 }],
};
const OPTIONS = { scope: ['a test'] };
const BOOTED = { name: 'booted', version: 1, body: '1' };
const WRITTEN = { name: 'written', version: 1, body: '2' };
const READ = 'dd if=/dev/sda bs=512 skip=100 count=1 2>/dev/null | tr -d "\\0"; cat /file';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'guestwright-checkpoints-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.skipIf(!available)('memory, disk, serial output and shell come back in another process of QEMU', async () => {
  const store = new SnapshotStore(join(folder, 'store'));
  let said: string;
  {
    await using linux = await launch(SPEC);
    await using checkpoints = await Checkpoints.of(linux, { ...OPTIONS, store });
    await linux.shell.run('true');
    await checkpoints.keep(BOOTED, await linux.snapshot());
    const script = 'echo disk | dd of=/dev/sda bs=512 seek=100 conv=sync 2>/dev/null; sync; echo memory > /file';
    expect(await linux.shell.run(script)).toMatchObject({ exitCode: 0 });
    await checkpoints.keep(WRITTEN, await linux.snapshot());
    said = await linux.serial.text();
    expect(checkpoints.problems).toEqual([]);
  }
  await using linux = await launch(SPEC);
  await using checkpoints = await Checkpoints.of(linux, { ...OPTIONS, store });
  for (const checkpoint of [BOOTED, WRITTEN]) {
    const found = await checkpoints.find(checkpoint);
    if (found === null) throw new Error(`${checkpoint.name}: ${checkpoints.problems.map(String).join()}`);
    await checkpoints.use(found);
  }
  expect(await linux.serial.text()).toBe(said);
  expect(await linux.shell.run(READ)).toEqual({ stdout: 'disk\nmemory\n', exitCode: 0 });
  expect(checkpoints.problems).toEqual([]);
});
