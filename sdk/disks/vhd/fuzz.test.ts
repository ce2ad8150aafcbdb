import { expect, test } from 'vitest';
import { FOUND_ONCE } from './fuzz-seeds.test.helper.js';
import { runCase } from './fuzz.test.helper.js';
import * as vhd from './index.js';

const CASES = 2000;

test('what once found a bug finds none', async () => {
  for (const seed of FOUND_ONCE) expect(await runCase(vhd, seed)).toBeNull();
});

test(`${CASES} images with changed bytes end in what they hold or in an error of ours`, async () => {
  for (let seed = 1; seed <= CASES; seed++) expect(await runCase(vhd, seed)).toBeNull();
});
