/** What a memoised machine answers from the store: see `memoised.full.test.ts` for more. */
import { expect, test } from 'vitest';
import { screenText } from '../engines/conformance/suite.js';
import type { MemoisedMachine } from './memoised-machine.js';
import { advanceTo, cold, driven, machineOf, press } from './memoised.test.helper.js';

test('the second time nothing runs, and all is as it is without a store', async () => {
  const expected = await cold();
  const { ran, starts, ...first } = await driven(await machineOf());
  expect(first).toEqual({ ...expected, problems: [] });
  expect([ran, starts]).toEqual([5_000, 1]);
  expect(await driven(await machineOf())).toEqual({ ...first, ran: 0, starts: 0 });
});

test('going back, and what was done since, is answered too', async () => {
  const goBack = async (machine: MemoisedMachine) => {
    await advanceTo(machine, 1_510);
    const { id, time } = await machine.save();
    for (const input of press('KeyX')) await machine.input(input);
    await advanceTo(machine, 2_000);
    const typed = await screenText(machine);
    await machine.restore(id);
    expect(machine.now).toBe(time);
    await advanceTo(machine, 2_000);
    const seen = { typed, again: await screenText(machine), hash: await machine.observe({ kind: 'stateHash' }) };
    const { ran } = machine.memoised;
    await machine[Symbol.asyncDispose]();
    return { seen, ran };
  };
  const first = await goBack(await machineOf());
  expect(first.seen.typed).toContain('>x');
  expect(first.seen.again).not.toContain('>x');
  expect(await goBack(await machineOf())).toEqual({ seen: first.seen, ran: 0 });
});
