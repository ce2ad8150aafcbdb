import { expect, test } from 'vitest';
import type { QmpClient } from './qmp.js';
import { reset } from './reset.js';

/** Firmware resets a machine once more soon after: a guest that ran on would be stopped by that before it is let go on. */
test('a machine that runs is stopped before it is reset, and stands when that has happened', async () => {
  let runs = true;
  let happened: () => void = () => undefined;
  const qmp: Pick<QmpClient, 'execute' | 'nextEvent'> = {
    execute: async (command, _args, answer) => {
      if (command === 'stop') runs = false;
      if (command === 'system_reset') {
        expect(runs).toBe(false);
        setImmediate(happened);
      }
      return await Promise.resolve(answer.parse({}));
    },
    nextEvent: async () => {
      await new Promise<void>((resolve) => (happened = resolve));
      return { name: 'RESET', data: {} };
    },
  };
  await reset(qmp);
  expect(runs).toBe(false);
});
