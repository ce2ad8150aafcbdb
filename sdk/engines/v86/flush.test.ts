/** What a guest wrote to a disk that is kept in a file is there when its machine has been ended, whoever was looking meanwhile. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { launch } from '../../machine/launch.js';
import { bootCounter, diskWith } from '../conformance/boot-sector.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guestwright-test-flush-'));
  await writeFile(join(folder, 'disk.img'), diskWith(bootCounter()));
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

const start = async () =>
  await launch({
    memory: 8,
    clock: 'paced',
    disks: [{ path: join(folder, 'disk.img'), overlay: join(folder, 'disk.overlay') }],
  });

test('a machine that people use is ended while somebody waits for it, and asks for its screen', async () => {
  for (const expected of ['#A', '#B']) {
    const machine = await start();
    await machine.screen.getByText(expected).waitFor();
    const waits = machine.screen
      .getByText('never')
      .waitFor()
      .catch(() => 'ended');
    const looks = machine.stateHash().then(
      () => 'seen',
      () => 'ended',
    );
    await machine.dispose();
    expect(await waits).toBe('ended');
    expect(['seen', 'ended']).toContain(await looks);
  }
});
