import { expect, test } from 'vitest';
import { parseGrants, wordGrants } from './grants.js';

test('rights are written per machine, for every machine, and for the host', () => {
  const grants = parseGrants(['read,execute@web', 'write@web', 'all@*', 'permissions@host', 'read@machine:host']);
  expect(grants).toEqual({
    host: ['permissions'],
    machines: {
      web: ['read', 'execute', 'write'],
      '*': ['read', 'write', 'execute', 'delete', 'permissions'],
      host: ['read'],
    },
  });
  expect(wordGrants(grants)).toBe('permissions@host read,write,execute@web all@* read@machine:host');
  expect(parseGrants(wordGrants(grants).split(' '))).toEqual({
    ...grants,
    machines: { ...grants.machines, web: ['read', 'write', 'execute'] },
  });
  expect(wordGrants(parseGrants([]))).toBe('nothing');
});

test.each(['read', 'read@', '@web', 'look@web', 'read,@web', 'read@../up', 'Read@web', 'read@web@db'])(
  '%s says no rights',
  (text) => {
    expect(() => parseGrants([text])).toThrow('says no rights');
  },
);

test('names that every object has are machines like others', () => {
  expect(wordGrants(parseGrants(['read@constructor']))).toBe('read@constructor');
});
