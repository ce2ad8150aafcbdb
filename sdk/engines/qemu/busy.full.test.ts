import { availableParallelism } from 'node:os';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
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

// SeaBIOS resets once more after each reset; QEMU told twice of some of those, and of some before its log did.
test.skipIf(!probe.available)('a reset is told once, however busy the host is', async () => {
  const events = CASES.find(({ name }) => name === 'events tell of power and resets');
  if (events === undefined) throw new Error('the conformance suite has no such case');
  for (let i = 0; i < 12; i++) await runCase(events, engine, { pm1aControl: 0x604 }, assertions);
  expect.assertions(12);
});
