/** Ports of a guest of 512 bytes, on QEMU. */
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { failureOf } from '../../machine/fake-machine.test.helper.js';
import { launch } from '../../machine/launch.js';
import type { MachineSpecInput } from '../../machine/spec.js';
import type { Machine } from '../../machine/types.js';
import { printingOnPaper, serialEcho } from '../conformance/boot-sector.js';
import { QemuEngine } from './engine.js';

const probe = await new QemuEngine().probe();
if (!probe.available) console.log(`QEMU is not tested here: ${probe.missing}; ${probe.install}`);

/** A guard, on a busy host. */
const SOON = { timeout: 120_000 };

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'guestwright-ports-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function start(bootSector: Uint8Array, more: MachineSpecInput): Promise<Machine> {
  const floppy = join(folder, 'floppy');
  writeFileSync(floppy, Buffer.concat([bootSector], 1_474_560));
  return await launch({ engine: 'qemu', floppy, memory: 16, network: 'none', ...more });
}

test.skipIf(!probe.available)(
  'what a guest prints on a parallel port is read, goes back with a revert, and counts on over a reset',
  async () => {
    const file = join(folder, 'paper');
    await using machine = await start(printingOnPaper('paper '), { parallel: [{ file }, 'driver'] });
    const printer = machine.parallelPort(0);
    await printer.waitFor(/^paper $/, SOON);
    await machine.keyboard.type('one');
    await printer.waitFor('one', SOON);
    const snapshot = await machine.snapshot();
    await machine.keyboard.type('two');
    await printer.waitFor('two', SOON);
    expect(await printer.text()).toBe('paper onetwo');
    await machine.revert(snapshot);
    expect(await printer.text()).toBe('paper one');
    await machine.keyboard.type('3');
    await printer.waitFor('3', SOON);
    await machine.reset();
    await printer.waitFor('paper ', SOON);
    expect(await printer.lines()).toEqual(['paper one3paper ']);
    // What is on paper stays there: a revert takes nothing back from the file. QEMU writes a byte to the file just after
    // the driver has it.
    await expect.poll(() => readFileSync(file, 'utf8'), SOON).toBe('paper onetwo3paper ');
    expect(await machine.parallelPort(1).text()).toBe('');
    expect(await machine.serial.text()).toBe('');
  },
);

test.skipIf(!probe.available)(
  'ports lead to a file and a socket besides to the driver, over power cycles; the file stays',
  async () => {
    const [log, printed, socket] = [join(folder, 'out.log'), join(folder, 'printed'), join(folder, 's')];
    writeFileSync(log, 'of an earlier machine');
    {
      await using machine = await start(serialEcho(), {
        serial: [{ socket }, { file: log }],
        parallel: [{ file: printed }],
      });
      const client = connect(socket);
      let heard = '';
      client.setEncoding('latin1').on('data', (text: string) => (heard += text));
      const hears = async (text: string): Promise<void> => {
        while (!heard.includes(text)) await once(client, 'data');
      };
      await hears('!');
      // The guest answers with the next letter, whoever writes.
      client.write('HAL');
      await hears('!IBM');
      await machine.serial.waitFor('!IBM', SOON);
      await machine.serial.write('VMS');
      await hears('!IBMWNT');
      await machine.powerOff();
      await machine.start();
      await hears('!IBMWNT!');
      await machine.serial.waitFor('WNT!', SOON);
      client.destroy();
    }
    expect(readdirSync(folder).sort()).toEqual(['floppy', 'out.log', 'printed']);
    // The guest sends nothing on its second serial port.
    expect(readFileSync(log, 'utf8')).toBe('');
  },
);

test.skipIf(!probe.available)('a port that the machine does not have says how to give it one', async () => {
  await using machine = await launch({ engine: 'qemu', floppy: null, memory: 16 });
  for (const [work, code] of [
    [() => machine.parallelPort(0), 'parallel-port-missing'],
    [() => machine.virtioConsole(0), 'virtio-console-missing'],
    [() => machine.serialPort(1), 'serial-port-missing'],
  ] as const) {
    expect((await failureOf(Promise.resolve().then(work))).code).toBe(code);
  }
});
