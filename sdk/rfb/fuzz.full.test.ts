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
const TARGET = 'fuzz-target.test.helper.js';

async function fuzz(target: string, first: number, count: number, most: number): Promise<unknown[]> {
  const script = fileURLToPath(new URL('fuzz.test.process.js', import.meta.url));
  const { stdout } = await execa('node', [script, target, `${first}`, `${count}`, `${most}`]);
  return z.array(z.unknown()).parse(JSON.parse(stdout));
}

test(`${CASES} streams of viewers with changed bytes end in what they say or in an error of ours`, async () => {
  const target = new URL(TARGET, import.meta.url).href;
  const each = CASES / PROCESSES;
  const runs = Array.from({ length: PROCESSES }, (_, number) => fuzz(target, 1_000_000 + number * each, each, 5));
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

/** A copy of the compiled modules with the bug in it. @returns where it is */
function plant({ module, text, bug }: Planted, number: number): string {
  const sdk = fileURLToPath(new URL('../', import.meta.url));
  const copy = join(folder, `${number}`, 'sdk');
  cpSync(join(sdk, 'errors.js'), join(copy, 'errors.js'));
  cpSync(join(sdk, 'rfb'), join(copy, 'rfb'), { recursive: true });
  writeFileSync(join(copy, 'package.json'), '{ "type": "module" }');
  const path = join(copy, 'rfb', module);
  const source = readFileSync(path, 'utf8');
  expect(source.split(text)).toHaveLength(2);
  writeFileSync(
    path,
    source.replace(text, () => bug),
  );
  return pathToFileURL(join(copy, 'rfb', TARGET)).href;
}

test('in a copy without a bug it finds none', async () => {
  const text = 'this.#length -= bytes;';
  const none = { name: 'nothing', module: 'reading.js', text, bug: text };
  expect(await fuzz(plant(none, PLANTED.length), 1, 2000, 1)).toEqual([]);
});

test.each(PLANTED.map((planted, number) => ({ ...planted, number })))('it finds that $name', async (planted) => {
  expect(await fuzz(plant(planted, planted.number), 1, PLANTED_CASES, 1)).toHaveLength(1);
});
