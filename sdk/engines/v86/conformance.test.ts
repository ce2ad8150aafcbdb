import { expect, test } from 'vitest';
import { CASES, runCase } from '../conformance/suite.js';
import { assertions } from '../conformance/vitest-fixture.js';
import { V86Engine } from './engine.js';

const engine = new V86Engine();

const excused = CASES.filter(({ needs }) => needs !== undefined && !needs.test(engine.capabilities));

for (const conformanceCase of CASES) {
  test.skipIf(excused.includes(conformanceCase))(`v86: ${conformanceCase.name}`, async () => {
    await runCase(conformanceCase, engine, { pm1aControl: 0xb004 }, assertions);
  });
}

test('v86 is excused from no case', () => {
  expect(excused.map(({ name, needs }) => `${name}: ${needs?.name ?? ''}`)).toEqual([]);
});
