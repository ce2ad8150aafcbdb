import { expect, test } from 'vitest';
import { CASES, runCase } from '../conformance/suite.js';
import { assertions } from '../conformance/vitest-fixture.js';
import { QemuEngine } from './engine.js';

const engine = new QemuEngine();
const probe = await engine.probe();
if (!probe.available) console.log(`QEMU's conformance is not tested here: ${probe.missing}; ${probe.install}`);

const excused = CASES.filter(({ needs }) => needs !== undefined && !needs.test(engine.capabilities));

for (const conformanceCase of CASES) {
  test.skipIf(!probe.available || excused.includes(conformanceCase))(`qemu: ${conformanceCase.name}`, async () => {
    await runCase(conformanceCase, engine, { pm1aControl: 0x604 }, assertions);
  });
}

test('qemu is excused from the cases that a machine which runs by itself cannot fulfil', () => {
  expect(excused.map(({ name, needs }) => `${needs?.name ?? ''}: ${name}`)).toEqual([
    'clock: stepped: a guest runs only while something waits for it',
    'clock: stepped: the keyboard says how many keys the guest has not taken yet',
    'determinism: bit-exact: two machines with the same inputs are in the same state, whatever is looked at meanwhile',
    'clock: paced: a paced machine keeps to wall time and runs with nobody waiting',
  ]);
});
