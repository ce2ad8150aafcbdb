import { availableParallelism } from 'node:os';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { launch } from '../../machine/launch.js';
import { CASES, runCase } from '../conformance/suite.js';
import { assertions } from '../conformance/vitest-fixture.js';
import type { Engine } from '../engine.js';
import { QemuEngine } from './engine.js';

const engine = new QemuEngine();
const probe = await engine.probe();

/** QEMU, with every machine on the virtual clock. */
const virtual: Engine = {
  name: 'qemu, virtual clock',
  capabilities: engine.capabilities,
  probe: async () => await engine.probe(),
  start: async (hardware, context) => await engine.start({ ...hardware, clock: 'virtual' }, context),
};

for (const conformanceCase of CASES) {
  const excused = conformanceCase.needs?.test(engine.capabilities) === false;
  test.skipIf(!probe.available || excused)(`virtual clock: ${conformanceCase.name}`, async () => {
    await runCase(conformanceCase, virtual, { pm1aControl: 0x604 }, assertions);
  });
}

/**
 * Guest ms until a Linux guest has said over its serial port that it is up. QEMU stops late when it is told to, and a guest that
 * sleeps flies meanwhile (docs/time.md): what the boot takes itself is the shortest of several. The busier the host is, the
 * more of them it takes until one was never stopped late.
 * @param boots at most so many
 */
async function bootTime(boots: number, isEnough: (shortest: number) => boolean = () => false): Promise<number> {
  let shortest = Infinity;
  for (let i = 0; i < boots && !isEnough(shortest); i++) {
    await using machine = await launch({
      engine: 'qemu',
      clock: 'virtual',
      accelerator: 'tcg',
      memory: 64,
      kernel: { path: 'linux-busybox:kernel', initrd: 'linux-busybox:initrd' },
    });
    await machine.serial.waitFor('~#', { timeout: 300_000 });
    shortest = Math.min(shortest, machine.clock.now);
  }
  return shortest;
}

/** Share of the time. */
const MOST_DIFFERENCE = 0.02;

async function onBusyHost<T>(work: () => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const load = Array.from({ length: 4 * availableParallelism() }, async () => {
    await execa(process.execPath, ['-e', 'for (;;);'], { reject: false, cancelSignal: stop.signal });
  });
  try {
    return await work();
  } finally {
    stop.abort();
    await Promise.all(load);
  }
}

test.skipIf(!probe.available)('a busy host does not change the guest time that Linux takes to boot', async () => {
  const quiet = await bootTime(3);
  const difference = (time: number): number => Math.abs(time - quiet) / quiet;
  const busy = await onBusyHost(async () => await bootTime(8, (time) => difference(time) < MOST_DIFFERENCE));
  console.log(`boot, guest ms: ${quiet}, on a busy host ${busy}`);
  expect(difference(busy)).toBeLessThan(MOST_DIFFERENCE);
});
