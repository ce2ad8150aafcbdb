import { expect, test } from 'vitest';
import { GuestWatch } from './guest-watch.js';

const HALTED = 'CPU#0\nEIP=00007c00 EFL=00000002 [-------] CPL=0 II=0 A20=1 SMM=0 HLT=1\nCR0=60000010\n';
const RUNNING = HALTED.replace('HLT=1', 'HLT=0');

function watching(...registers: string[]) {
  const watch = new GuestWatch({ traces: true, biosKeys: false }, () => 0);
  const qmp = { human: async () => registers.shift() ?? RUNNING };
  return async (stands: boolean) => await watch.haveProcessorsStopped(qmp, stands);
}

test('a processor of a machine that stands has stopped when it is seen so, of one that runs when it is twice', async () => {
  expect(await watching(HALTED)(true)).toBe(true);
  const runs = watching(HALTED, RUNNING, HALTED, HALTED);
  expect([await runs(false), await runs(false), await runs(false), await runs(false)]).toEqual([
    false,
    false,
    false,
    true,
  ]);
});
