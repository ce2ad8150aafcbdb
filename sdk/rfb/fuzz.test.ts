import { expect, test } from 'vitest';
import { FOUND_ONCE } from './fuzz-seeds.test.helper.js';
import * as target from './fuzz-target.test.helper.js';
import { runCase } from './fuzz.test.helper.js';

const CASES = 3000;

test('what once found a bug finds none', () => {
  for (const seed of FOUND_ONCE) expect(runCase(target, seed)).toBeNull();
});

test(`${CASES} streams of viewers with changed bytes end in what they say or in an error of ours`, () => {
  for (let seed = 1; seed <= CASES; seed++) expect(runCase(target, seed)).toBeNull();
});
