import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Fuzzer, type Planted } from '../../fuzzer.test.helper.js';

const CASES = 100_000;
/** In which a bug that was planted is to be found. */
const PLANTED_CASES = 10_000;

const fuzzer = new Fuzzer({
  cases: new URL('fuzz.test.helper.js', import.meta.url),
  modules: 'disks/vhd',
  target: 'index.js',
  needs: ['errors.js', 'disks/storage.js'],
});

test(`${CASES} images with changed bytes end in what they hold or in an error of ours`, async () => {
  expect(await fuzzer.run(CASES)).toEqual([]);
});

const PLANTED: readonly Planted[] = [
  {
    name: 'a table beyond the end is read',
    module: 'layout.js',
    text: "if (tableAt + BigInt(bytes) > BigInt(limit))\n        return 'outside';",
    bug: '',
  },
  {
    name: 'a block beyond the end is read',
    module: 'disk.js',
    text: 'if (at + bitmapBytes + blockSize > (this.#footerAt ?? this.#layout.limit)) {',
    bug: 'if (at > (this.#footerAt ?? this.#layout.limit)) {',
  },
  {
    name: "a parent's name beyond the end is read",
    module: 'layout.js',
    text: '&& at + BigInt(length) <= BigInt(limit)',
    bug: '',
  },
  {
    name: 'blocks that overlap are written to',
    module: 'table-problems.js',
    text: '(entry - before) * SECTOR < length',
    bug: 'false',
  },
  {
    name: 'the bits of a bitmap are set from the wrong end',
    module: 'disk.js',
    text: '| (0x80 >> (sector & 7))',
    bug: '| (0x01 << (sector & 7))',
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
