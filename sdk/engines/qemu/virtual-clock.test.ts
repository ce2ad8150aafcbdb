import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { parseSpec } from '../../machine/spec.js';
import { printing, sleepingWithoutTimers } from '../conformance/boot-sector.js';
import { hardware, runCase, screenText, type ConformanceCase } from '../conformance/suite.js';
import { assertions } from '../conformance/vitest-fixture.js';
import { QemuEngine } from './engine.js';
import { parsePort, passedBetween } from './virtual-clock.js';

const TURN = 2 ** 24;

test('guest time is told by the ACPI timer, also where it has turned over', () => {
  const reading = (ticks: number | null, date: number) => ({ ticks, date });
  expect(passedBetween(reading(1000, 0), reading(1000 + 3_579_545, 1000))).toBeCloseTo(1000, 5);
  expect(passedBetween(reading(TURN - 3_579_545, 4000), reading(0, 5000))).toBeCloseTo(1000, 5);
});

test('how often it has turned over is told by the date', () => {
  const after = (7_000_000 * 3579.545) % TURN;
  expect(passedBetween({ ticks: 0, date: 0 }, { ticks: after, date: 7_000_000 })).toBeCloseTo(7_000_000, 1);
});

test('a guest that sets its date does not set guest time', () => {
  const seen = passedBetween({ ticks: 0, date: 0 }, { ticks: 35_795, date: 86_400_000 * 365 });
  expect(seen).toBeCloseTo(10, 1);
  expect(passedBetween({ ticks: 0, date: 86_400_000 }, { ticks: 35_795, date: 0 })).toBeCloseTo(10, 1);
});

test('before the firmware has set the timer up no time is known to have passed', () => {
  expect(passedBetween({ ticks: null, date: 0 }, { ticks: null, date: 0 })).toBe(0);
  expect(parsePort('portl[0x0608] = 0xffffffff\r\n')).toBeNull();
  expect(parsePort('portl[0x0608] = 0x00012345\r\n')).toBe(0x12345);
});

test('a spec that cannot have a virtual clock says which field is in the way', () => {
  const spec = { engine: 'qemu', clock: 'virtual' } as const;
  expect(parseSpec(spec).clock).toBe('virtual');
  expect(() => parseSpec({ ...spec, accelerator: 'kvm' })).toThrow(/accelerator: the virtual clock counts/);
  expect(() => parseSpec({ ...spec, architecture: 'aarch64' })).toThrow(/clock: only a PC/);
  expect(() => parseSpec({ ...spec, acpi: false })).toThrow(/acpi: the virtual clock is read/);
  expect(() => parseSpec({ engine: 'v86', clock: 'virtual' })).toThrow(/clock: the engine v86 has the clocks/);
});

const engine = new QemuEngine();
const probe = await engine.probe();

const CASES: readonly ConformanceCase[] = [
  {
    name: 'the guest runs only while something waits for it',
    async run({ start, expect: seen }) {
      const machine = await start(hardware(printing('hello'), { clock: 'virtual' }));
      seen.equal(machine.now, 0, 'guest time after the start');
      while (machine.now < 5_000) await machine.advance({ limit: 5_000, stopOn: [] });
      seen.equal((await screenText(machine)).endsWith('hello'), true, 'the screen after 5 guest seconds');
      const { now } = machine;
      // In this time it would sleep through hours.
      await setTimeout(500);
      await machine.advance({ limit: now + 10, stopOn: [] });
      // To stop it takes QEMU a wall ms or so, in which a guest that sleeps gets seconds further.
      seen.equal(machine.now >= now + 10 && machine.now < now + 120_000, true, `10 ms from ${now}: ${machine.now}`);
    },
  },
  {
    name: 'time passes for a guest that has no timer running, and sleeps',
    async run({ start, expect: seen }) {
      const machine = await start(hardware(sleepingWithoutTimers(), { clock: 'virtual' }));
      while (machine.now < 600_000) await machine.advance({ limit: 600_000, stopOn: [] });
      seen.equal((await screenText(machine)).endsWith('>'), true, 'the screen while it sleeps');
      for (const down of [true, false]) await machine.input({ kind: 'key', code: 'KeyA', down });
      const limit = machine.now + 5_000;
      while (machine.now < limit) await machine.advance({ limit, stopOn: [] });
      seen.equal((await screenText(machine)).endsWith('>a'), true, 'the screen after a key');
    },
  },
];

for (const clockCase of CASES) {
  test.skipIf(!probe.available)(`virtual clock: ${clockCase.name}`, async () => {
    await runCase(clockCase, engine, { pm1aControl: 0x604 }, assertions);
  });
}
