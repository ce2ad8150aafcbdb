import { expect, test } from 'vitest';
import { GuestwrightError } from '../../errors.js';
import { CASES, runCase, type Expect } from '../conformance/suite.js';
import { V86Engine } from './engine.js';

const engine = new V86Engine();

const assertions: Expect = {
  equal: (seen, expected, what) => expect(seen, what).toEqual(expected),
  fails: async (work, code) => {
    const error: unknown = await work.then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(GuestwrightError);
    expect((error as GuestwrightError).code).toBe(code);
  },
};

const excused = CASES.filter(({ needs }) => needs !== undefined && !needs.test(engine.capabilities));

for (const conformanceCase of CASES) {
  test.skipIf(excused.includes(conformanceCase))(`v86: ${conformanceCase.name}`, async () => {
    await runCase(conformanceCase, engine, { pm1aControl: 0xb004 }, assertions);
  });
}

test('v86 is excused from no case', () => {
  expect(excused.map(({ name, needs }) => `${name}: ${needs?.name ?? ''}`)).toEqual([]);
});
