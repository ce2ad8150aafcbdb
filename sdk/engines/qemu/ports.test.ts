/** Ports of a guest of 512 bytes, on QEMU. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { failureOf } from '../../machine/fake-machine.test.helper.js';
import { launch } from '../../machine/launch.js';
import type { MachineSpecInput } from '../../machine/spec.js';
import type { Machine } from '../../machine/types.js';
import { printingOnPaper } from '../conformance/boot-sector.js';
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
    await using machine = await start(printingOnPaper('paper '), { parallel: 2 });
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
    expect(await machine.parallelPort(1).text()).toBe('');
    expect(await machine.serial.text()).toBe('');
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
