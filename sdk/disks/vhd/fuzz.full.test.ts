import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCase, type Api, type Found } from './fuzz.test.helper.js';
import * as vhd from './index.js';

const CASES = 100_000;
/** In which a bug that was planted is to be found. */
const PLANTED_CASES = 10_000;

test(`${CASES} images with changed bytes end in what they hold or in an error of ours`, async () => {
  const found: Found[] = [];
  for (let seed = 1_000_000; seed < 1_000_000 + CASES && found.length < 5; seed++) {
    const one = await runCase(vhd, seed);
    if (one !== null) found.push(one);
  }
  expect(found).toEqual([]);
});

/** A bug in the compiled text of a module: `text` becomes `bug`. */
interface Planted {
  name: string;
  module: string;
  text: string;
  bug: string;
}

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

/** A copy of the compiled modules with the bug in it. */
async function plant({ module, text, bug }: Planted, number: number): Promise<Api> {
  const sdk = fileURLToPath(new URL('../../', import.meta.url));
  const copy = join(folder, `${number}`);
  for (const part of ['disks/storage.js', 'errors.js']) cpSync(join(sdk, part), join(copy, 'sdk', part));
  cpSync(join(sdk, 'disks/vhd'), join(copy, 'sdk/disks/vhd'), { recursive: true });
  writeFileSync(join(copy, 'package.json'), '{ "type": "module" }');
  const path = join(copy, 'sdk/disks/vhd', module);
  const source = readFileSync(path, 'utf8');
  expect(source.split(text)).toHaveLength(2);
  writeFileSync(
    path,
    source.replace(text, () => bug),
  );
  const planted: Api = await import(pathToFileURL(join(copy, 'sdk/disks/vhd/index.js')).href);
  return planted;
}

test.each(PLANTED.map((planted, number) => ({ ...planted, number })))('it finds that $name', async (planted) => {
  const api = await plant(planted, planted.number);
  let found: Found | null = null;
  for (let seed = 1; seed <= PLANTED_CASES && found === null; seed++) found = await runCase(api, seed);
  expect(found).not.toBeNull();
});
