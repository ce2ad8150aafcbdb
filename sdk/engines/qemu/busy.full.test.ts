import { availableParallelism } from 'node:os';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch } from '../../machine/launch.js';
import { CASES, runCase } from '../conformance/suite.js';
import { assertions } from '../conformance/vitest-fixture.js';
import { QemuEngine } from './engine.js';

const engine = new QemuEngine();
const probe = await engine.probe();
const stop = new AbortController();

/** Twice as much to do as there are processors. */
beforeAll(() => {
  for (let i = 0; i < 2 * availableParallelism(); i++)
    void execa(process.execPath, ['-e', 'for (;;);'], { reject: false, cancelSignal: stop.signal });
});

afterAll(() => {
  stop.abort();
});

// QMP says nothing of what the guest has taken: an open loop loses keys here.
test.skipIf(!probe.available)('10,000 characters, typed as lines into a Linux console, all arrive', async () => {
  await using machine = await launch({
    engine: 'qemu',
    memory: 64,
    kernel: { path: 'linux-busybox:kernel', initrd: 'linux-busybox:initrd' },
  });
  await machine.shell.run('true', { timeout: 120_000 });
  const lines = Array.from({ length: 125 }, (_, i) => line(i));
  await machine.keyboard.type('cat > /tmp/typed\n');
  const start = performance.now();
  for (const text of lines) await machine.keyboard.type(`${text}\n`);
  const seconds = (performance.now() - start) / 1000;
  await machine.keyboard.press('Control+d');
  const expected = lines.map((text) => `${text}\n`).join('');
  expect(expected).toHaveLength(10_000);
  expect((await machine.shell.run('cat /tmp/typed')).stdout).toBe(expected);
  console.log(`typed on a busy host: ${Math.round(expected.length / seconds)} characters/s`);
});

/** 79 characters of all kinds, no two lines alike. */
function line(number: number): string {
  const ascii = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + ((i * 7 + number * 13) % 94))).join('');
  return `${number} ${ascii}`.slice(0, 79);
}

// SeaBIOS resets once more after each reset; QEMU told twice of some of those, and of some before its log did.
test.skipIf(!probe.available)('a reset is told once, however busy the host is', async () => {
  const events = CASES.find(({ name }) => name === 'events tell of power and resets');
  if (events === undefined) throw new Error('the conformance suite has no such case');
  for (let i = 0; i < 12; i++) await runCase(events, engine, { pm1aControl: 0x604 }, assertions);
  expect.assertions(12);
});
