import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';

const CASES = 100_000;
/** In which a bug that was planted is to be found. */
const PLANTED_CASES = 10_000;
const PROCESSES = 2;

async function fuzz(index: string, first: number, count: number, most: number): Promise<unknown[]> {
  const script = fileURLToPath(new URL('fuzz.test.process.js', import.meta.url));
  const { stdout } = await execa('node', [script, index, `${first}`, `${count}`, `${most}`]);
  return z.array(z.unknown()).parse(JSON.parse(stdout));
}

test(`${CASES} images with changed bytes end in what they hold or in an error of ours`, async () => {
  const index = new URL('index.js', import.meta.url).href;
  const each = CASES / PROCESSES;
  const runs = Array.from({ length: PROCESSES }, (_, number) => fuzz(index, 1_000_000 + number * each, each, 5));
  expect((await Promise.all(runs)).flat()).toEqual([]);
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

/** A copy of the compiled modules with the bug in it. @returns where it is */
function plant({ module, text, bug }: Planted, number: number): string {
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
  return pathToFileURL(join(copy, 'sdk/disks/vhd/index.js')).href;
}

test.each(PLANTED.map((planted, number) => ({ ...planted, number })))('it finds that $name', async (planted) => {
  expect(await fuzz(plant(planted, planted.number), 1, PLANTED_CASES, 1)).toHaveLength(1);
});
