import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Fuzzer, type Planted } from '../fuzzer.test.helper.js';

const CASES = 100_000;
/** In which a bug that was planted is to be found. */
const PLANTED_CASES = 10_000;

const fuzzer = new Fuzzer({
  cases: new URL('fuzz.test.helper.js', import.meta.url),
  modules: 'rfb',
  target: 'fuzz-target.test.helper.js',
  needs: ['errors.js'],
});

test(`${CASES} streams of viewers with changed bytes end in what they say or in an error of ours`, async () => {
  expect(await fuzzer.run(CASES)).toEqual([]);
});

const PLANTED: readonly Planted[] = [
  {
    name: 'a clipboard is waited for as a whole',
    module: 'client-messages.js',
    text: 'yield* skip(Math.abs(length));',
    bug: 'yield Math.abs(length);',
  },
  {
    name: 'a fence is as long as it likes',
    module: 'client-messages.js',
    text: 'if (length > FENCE_BYTES)',
    bug: 'if (length > 255)',
  },
  {
    name: 'encodings are kept that nobody knows',
    module: 'client-messages.js',
    text: 'if (known.has(encoding))',
    bug: 'if (encoding >= 0)',
  },
  {
    name: 'a colour does not fit its pixel',
    module: 'pixel-format.js',
    text: '|| left + Math.log2(top + 1) > bitsPerPixel',
    bug: '',
  },
  {
    name: 'a part beyond the screen is sent',
    module: 'viewed.js',
    text: 'Math.min(rows, Math.ceil((y + height) / TILE_HEIGHT))',
    bug: 'Math.ceil((y + height) / TILE_HEIGHT)',
  },
  {
    name: 'a tile of which only a part was moved is not sent',
    module: 'viewed.js',
    text: '&& bottom <= to + rows',
    bug: '&& row * TILE_HEIGHT < to + rows',
  },
  {
    name: 'rows are moved that the viewer has not all',
    module: 'viewed.js',
    text: 'has === null || this.#seen.includes(0)',
    bug: 'has === null',
  },
];

let folder = '';
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'guestwright-test-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('in a copy without a bug it finds none', async () => {
  const { module, text } = PLANTED[0] as Planted;
  expect(await fuzzer.runPlanted({ module, text, bug: text }, 2000, join(folder, 'none'))).toEqual([]);
});

test.each(PLANTED.map((planted, number) => ({ ...planted, number })))('it finds that $name', async (planted) => {
  expect(await fuzzer.runPlanted(planted, PLANTED_CASES, join(folder, `${planted.number}`))).toHaveLength(1);
});
