import { expect, test } from 'vitest';
import { neglectingWatchdog, panicking } from '../conformance/boot-sector.js';
import { hardware, runCase, screenText, type ConformanceCase } from '../conformance/suite.js';
import { assertions } from '../conformance/vitest-fixture.js';
import type { EngineMachine, Hardware } from '../engine.js';
import { commandLine } from './command-line.js';
import { QemuEngine } from './engine.js';

const engine = new QemuEngine();
const probe = await engine.probe();

/** On the virtual clock: a busy host then does not make a wait longer. */
const virtual = { clock: 'virtual' } satisfies Partial<Hardware>;

async function untilStopped(machine: EngineMachine): Promise<{ state: string; detail: string | null }> {
  const limit = machine.now + 20_000;
  while (machine.now < limit) {
    const { power } = await machine.advance({ limit, stopOn: [] });
    if (power !== 'running') break;
  }
  return await machine.observe({ kind: 'power' });
}

const CASES: readonly ConformanceCase[] = [
  {
    name: 'a guest that reports a panic has crashed, and its last screen can still be read',
    async run({ start, expect: seen }) {
      const machine = await start(hardware(panicking(), virtual));
      const power = await untilStopped(machine);
      seen.equal(power, { state: 'crashed', detail: 'the guest reported a panic (pvpanic)' }, 'the power state');
      seen.equal((await screenText(machine)).endsWith('panic'), true, 'the screen');
    },
  },
  {
    name: 'a watchdog that the guest neglects ends it as a crash of its own kind',
    async run({ start, expect: seen }) {
      const machine = await start(hardware(neglectingWatchdog(), { ...virtual, watchdog: true }));
      const power = await untilStopped(machine);
      seen.equal(power, { state: 'crashed', detail: 'the watchdog of the guest fired' }, 'the power state');
      seen.equal((await screenText(machine)).endsWith('armed'), true, 'the screen');
    },
  },
  {
    name: 'a machine has no watchdog unless it was asked for',
    async run({ start, expect: seen }) {
      const machine = await start(hardware(neglectingWatchdog(), virtual));
      seen.equal((await untilStopped(machine)).state, 'running', 'the power state');
      seen.equal((await screenText(machine)).endsWith('?'), true, 'the screen');
    },
  },
];

for (const crashCase of CASES) {
  test.skipIf(!probe.available)(`qemu: ${crashCase.name}`, async () => {
    await runCase(crashCase, engine, { pm1aControl: 0x604 }, assertions);
  });
}

test.skipIf(!probe.available)('a machine says what runs it, and why', async () => {
  const described: ConformanceCase = {
    name: 'description',
    async run({ start, expect: seen }) {
      const { description = '' } = await start(hardware(panicking(), virtual));
      seen.equal(/^QEMU \d+\.\d+\S*, tcg: a trial guest ran$/.test(description), true, description);
    },
  };
  await runCase(described, engine, { pm1aControl: 0x604 }, assertions);
});

test('the watchdog is the last card, so that the others stay where they are', () => {
  const parts = {
    installation: { boards: {}, sandbox: false, traces: false, vgaBios: null },
    accelerator: 'tcg' as const,
    drives: { floppies: [], cdrom: undefined, disks: [] },
    firmware: null,
    kernel: null,
    sockets: { qmp: 'qmp', pipes: '/run' },
    incoming: false,
    memory: { kind: 'own' as const },
  };
  const devices = (watchdog: boolean): string[] => {
    const args = commandLine({ ...parts, hardware: hardware(null, { watchdog }) });
    return args.filter((_, i) => args[i - 1] === '-device');
  };
  expect(devices(true)).toEqual([...devices(false), 'i6300esb,id=watchdog0']);
});
