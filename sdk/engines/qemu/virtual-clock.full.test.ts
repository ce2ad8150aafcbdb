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

/** Guest ms until a Linux guest has said over its serial port that it is up. */
async function bootTime(clock: 'virtual' | 'host'): Promise<number> {
  await using machine = await launch({
    engine: 'qemu',
    clock,
    accelerator: 'tcg',
    memory: 64,
    kernel: { path: 'linux-busybox:kernel', initrd: 'linux-busybox:initrd' },
  });
  await machine.serial.waitFor('~#', { timeout: 300_000 });
  return machine.clock.now;
}

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
  const quiet = await bootTime('virtual');
  const busy = await onBusyHost(async () => await bootTime('virtual'));
  const wall = { quiet: await bootTime('host'), busy: await onBusyHost(async () => await bootTime('host')) };
  console.log(`boot, ms: virtual ${quiet}, busy ${busy}; host clock ${wall.quiet}, busy ${wall.busy}`);
  const change = { virtual: Math.abs(busy - quiet) / quiet, host: Math.abs(wall.busy - wall.quiet) / wall.quiet };
  expect(change.virtual).toBeLessThan(0.02);
  // On a host that is busy already the difference is smaller, but it is there.
  expect(change.host).toBeGreaterThan(change.virtual);
});
