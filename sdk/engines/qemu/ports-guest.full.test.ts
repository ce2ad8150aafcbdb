/** Ports of a real Linux, on QEMU: a printer, a shell on a virtio console, and ports that lead elsewhere. */
import { createReadStream, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { launch } from '../../machine/launch.js';
import type { MachineSpecInput } from '../../machine/spec.js';
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

async function firstLine(stream: Readable): Promise<string> {
  let text = '';
  for await (const data of stream.iterator({ destroyOnReturn: false })) {
    text += String(data);
    if (text.endsWith('\n')) return text;
  }
  return text;
}

test.skipIf(!probe.available)(
  'Linux prints, has a shell on a virtio console, and speaks to a file, a socket and a pipe; a revert and a saved state go on',
  async () => {
    const initrd = join(folder, 'initrd');
    const [file, socket, pipe] = [join(folder, 'out.log'), join(folder, 'socket'), join(folder, 'pipe')];
    await initrdWithModules(['parport_pc', 'lp', 'virtio_pci', 'virtio_console'], initrd, folder);
    const spec = {
      engine: 'qemu',
      memory: 96,
      network: 'none',
      kernel: { path: 'linux-busybox:kernel', initrd },
      serial: ['driver', { file }, { socket }, { pipe }],
      parallel: 1,
      virtioConsoles: 2,
      shell: { on: 'console', port: 1 },
    } satisfies MachineSpecInput;
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

      await machine.shell.run('for port in 1 2 3; do echo on port $port > /dev/ttyS$port; done');
      await machine.serialPort(1).waitFor('on port 1', SOON);
      await expect.poll(() => readFileSync(file, 'utf8'), SOON).toBe('on port 1\r\n');
      const client = connect(socket);
      expect(await firstLine(client)).toBe('on port 2\r\n');
      client.destroy();
      const reading = createReadStream(`${pipe}.out`);
      expect(await firstLine(reading)).toBe('on port 3\r\n');
      reading.destroy();
      // Open before anything is sent: what reaches a serial port that nobody has open is lost.
      await machine.shell.run('exec 7< /dev/ttyS3; head -n 1 <&7 > /tmp/piped &');
      writeFileSync(`${pipe}.in`, 'through a pipe\n');
      expect((await machine.shell.run('until grep through /tmp/piped; do :; done')).stdout).toBe('through a pipe\n');

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
    expect(readdirSync(folder).filter((name) => /^(?:socket|pipe)/.test(name))).toEqual([]);
    await using later = await launch({ ...spec, state });
    expect((await later.shell.run('cat /tmp/read')).stdout).toBe('typed on it\n');
    expect(await later.parallelPort(0).text()).toBe('on paper\n');
  },
);
