import { expect, test } from 'vitest';
import { satisfies } from './versions.js';

test.each([
  ['20.0.0', '>=20', true],
  ['24.1.0', '>=20', true],
  ['18.20.8', '>=20', false],
  ['1.65.1', '^1.65.1', true],
  ['1.70.0', '^1.65.1', true],
  ['1.65.0', '^1.65.1', false],
  ['2.0.0', '^1.65.1', false],
  ['1.66.0-alpha-2026-01-01', '^1.65.1', true],
  ['0.0.1', '*', true],
])('%s in %s: %s', (version, range, expected) => {
  expect(satisfies(version, range)).toBe(expected);
});

test('a range of another kind is refused rather than guessed', () => {
  expect(() => satisfies('1.0.0', '~1.0 || 2')).toThrow('~1.0 || 2');
});
