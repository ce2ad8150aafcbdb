import { expect, test } from 'vitest';
import { scratchName } from '../machines/scratch-name.js';
import { gainsNothing, grantsSchema, may } from './rights.js';

test('rights on a machine are its own and those on every machine, and none of the host', () => {
  const grants = grantsSchema.parse({ host: ['write'], machines: { web: ['read'], '*': ['execute'] } });
  expect(may(grants, 'read', 'web')).toBe(true);
  expect(may(grants, 'execute', 'web')).toBe(true);
  expect(may(grants, 'read', 'db')).toBe(false);
  expect(may(grants, 'execute', 'db')).toBe(true);
  expect(may(grants, 'write', 'web')).toBe(false);
  expect(may(grants, 'write', null)).toBe(true);
  expect(may(grants, 'execute', null)).toBe(false);
});

test("a scenario's machine is under the rights of the one that it was made of", () => {
  const grants = grantsSchema.parse({ machines: { web: ['read'] } });
  const made = scratchName('web');
  expect(may(grants, 'read', made)).toBe(true);
  expect(may(grants, 'execute', made)).toBe(false);
  expect(may(grants, 'read', scratchName('db'))).toBe(false);
  expect(may(grants, 'read', 'web.run-by-hand')).toBe(false);
  const longest = 'w'.repeat(63);
  expect(may(grantsSchema.parse({ machines: { [longest]: ['read'] } }), 'read', scratchName(longest))).toBe(false);
  expect(scratchName(longest).length).toBeLessThanOrEqual(63);
});

test('names that every object has are no machines with rights', () => {
  const grants = grantsSchema.parse({});
  expect(may(grants, 'read', 'constructor')).toBe(false);
  expect(may(grants, 'read', '__proto__')).toBe(false);
});

test('a name under which more may be done is a gain', () => {
  const grants = grantsSchema.parse({ machines: { web: ['write'], play: ['write', 'read'], '*': ['execute'] } });
  expect(gainsNothing(grants, 'web', 'play')).toBe(false);
  expect(gainsNothing(grants, 'play', 'web')).toBe(true);
  expect(gainsNothing(grants, 'web', 'other')).toBe(true);
});
