/** Ports of a real Linux, on QEMU: a printer, and a shell on a virtio console. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { launch } from '../../machine/launch.js';
import { QemuEngine } from './engine.js';
import { initrdWithModules, LOAD_MODULES } from './more-modules.test.helper.js';

const probe = await new QemuEngine().probe();
if (!probe.available) console.log(`QEMU is not tested here: ${probe.missing}; ${probe.install}`);

/** Guards, on a busy host. */
const BOOT = { timeout: 300_000 };
const SOON = { timeout: 120_000 };

let folder = '';
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'guestwright-ports-'))));
afterEach(() => rmSync(folder, { recursive: true }));

test.skipIf(!probe.available)(
  'Linux prints on a parallel port and has a shell on a virtio console, also after a revert and from a saved state',
  async () => {
    const initrd = join(folder, 'initrd');
    await initrdWithModules(['parport_pc', 'lp', 'virtio_pci', 'virtio_console'], initrd, folder);
    const spec = {
      engine: 'qemu',
      memory: 96,
      network: 'none',
      kernel: { path: 'linux-busybox:kernel', initrd },
      parallel: 1,
      virtioConsoles: 2,
      shell: { on: 'console', port: 1 },
    } as const;
    const state = join(folder, 'state');
    {
      await using machine = await launch(spec);
      await machine.serial.waitFor(/# $/, BOOT);
      await machine.serial.write(`${LOAD_MODULES}; echo loaded=$?\n`);
      await machine.serial.waitFor('loaded=0', SOON);
      await machine.serial.write('setsid sh -c "exec sh -i < /dev/hvc1 > /dev/hvc1 2>&1" &\n');

      expect(await machine.shell.run('tty')).toEqual({ stdout: '/dev/hvc1\n', exitCode: 0 });
      await machine.shell.run('echo on paper > /dev/lp0');
      await machine.parallelPort(0).waitFor(/^on paper$/m, SOON);

      // Without a line editor in between, every byte comes as it is.
      const everyByte = Uint8Array.from({ length: 4096 }, (_, index) => index);
      await machine.files.put('/tmp/bytes', everyByte);
      expect(Buffer.from(await machine.files.get('/tmp/bytes')).equals(everyByte)).toBe(true);

      await machine.shell.run('echo first > /dev/hvc0');
      const other = machine.virtioConsole(0);
      await other.waitFor('first', SOON);
      const snapshot = await machine.snapshot();
      await machine.shell.run('echo second > /dev/hvc0; echo more > /dev/lp0');
      await other.waitFor('second', SOON);
      await machine.revert(snapshot);
      expect(await other.lines()).toEqual(['first']);
      expect((await machine.shell.run('cat /dev/hvc0 > /tmp/read & echo $!')).exitCode).toBe(0);
      await other.write('typed on it\n');
      expect((await machine.shell.run('until grep typed /tmp/read; do :; done')).stdout).toBe('typed on it\n');
      await machine.saveState(state);
    }
    await using later = await launch({ ...spec, state });
    expect((await later.shell.run('cat /tmp/read')).stdout).toBe('typed on it\n');
    expect(await later.parallelPort(0).text()).toBe('on paper\n');
  },
);
