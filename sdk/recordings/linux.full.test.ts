/**
 * A Linux that boots, is typed to over both channels, writes to its disk, restarts itself and is switched off and on.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { engineNamed } from '../engines/index.js';
import { launch } from '../machine/launch.js';
import { openRecording } from './open.js';
import { replayRecording } from './replay.js';

const { available } = await (await engineNamed('qemu')).probe();
const BOOTED = /BusyBox[^]*guest:~#/;

test.skipIf(!available)(
  'a run of Linux is replayed exactly, over a reset, a restart of its own and another power-on',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'guestwright-test-'));
    try {
      const recording = join(folder, 'recording');
      const machine = await launch(
        {
          engine: 'qemu',
          memory: 64,
          record: true,
          kernel: { path: 'linux-busybox:kernel', initrd: 'linux-busybox:initrd' },
          disks: [{ sizeMb: 8 }],
        },
        { recording },
      );
      try {
        await machine.serial.waitFor(BOOTED, { timeout: 180_000 });
        await machine.serial.write(
          'echo kept > /dev/sda; sync; echo answer-$((6*7)) and a line that no UART holds as a whole\n',
        );
        await machine.serial.waitFor('answer-42');
        await machine.stateHash();
        await machine.keyboard.type('ls /\n');
        await machine.screen.getByText('proc').waitFor({ timeout: 60_000 });
        await machine.stateHash();
        await machine.reset();
        await machine.serial.waitFor(BOOTED, { timeout: 180_000 });
        await machine.serial.write('reboot -f\n');
        await machine.serial.waitFor(BOOTED, { timeout: 180_000 });
        await machine.powerOff();
        await machine.start();
        await machine.serial.waitFor(BOOTED, { timeout: 180_000 });
        // What the disk holds is what the run before the power-off wrote.
        await machine.serial.write('head -c 4 /dev/sda; echo -$((6*7))\n');
        await machine.serial.waitFor('kept-42');
      } finally {
        await machine.dispose();
      }
      const verdict = await replayRecording(await openRecording(recording));
      const seen = verdict.kind === 'parted' ? JSON.stringify(verdict) : '';
      expect(verdict, seen).toMatchObject({ kind: 'exact' });
      // At the ends of its four parts: this guest wakes too often to be hashed in between.
      expect(verdict.kind === 'exact' && verdict.memories).toBeGreaterThanOrEqual(4);
      expect(verdict.kind === 'exact' && verdict.screens).toBeGreaterThanOrEqual(4);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);
