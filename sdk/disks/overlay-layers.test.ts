/** Layers of a disk: what is sealed stays as it is, what is merged reads as before, and nothing foreign is opened. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { link } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { mergeLayer, overlayLayers, replaceLayers, sealLayers } from './overlay-layers.js';
import { emptyQcow2 } from './qcow2.js';
import { hasQemuImg } from './qemu-img.test.helper.js';

const SIZE = 4 << 20;
let folder = '';
let overlay = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'guestwright-test-layers-'));
  overlay = join(folder, 'disk0.overlay');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** As a machine writes: 64 KiB of a letter at a place, in the last layer. */
async function write(letter: string, at: number): Promise<void> {
  const { below, top } = await overlayLayers(overlay);
  if (!readdirSync(folder).includes(top.slice(folder.length + 1))) writeFileSync(top, emptyQcow2(SIZE));
  const node = [...below, top].reduce<object | null>(
    (backing, filename) => ({ driver: 'qcow2', file: { driver: 'file', filename }, backing }),
    null,
  );
  const command = letter === '0' ? `write -z ${at}k 64k` : `write -P ${letter.charCodeAt(0)} ${at}k 64k`;
  execFileSync('qemu-io', ['-c', command, `json:${JSON.stringify(node)}`]);
}

/** The letters at the beginnings of the first four places of 64 KiB. */
async function read(): Promise<string> {
  const { below, top } = await overlayLayers(overlay);
  const there = [...below, top].filter((path) => readdirSync(folder).includes(path.slice(folder.length + 1)));
  const node = there.reduce<object | null>(
    (backing, filename) => ({ driver: 'qcow2', file: { driver: 'file', filename }, backing }),
    null,
  );
  const raw = join(folder, 'content.raw');
  execFileSync('qemu-img', ['convert', '-O', 'raw', `json:${JSON.stringify(node)}`, raw]);
  const bytes = readFileSync(raw);
  rmSync(raw);
  return [0, 1, 2, 3].map((i) => String.fromCharCode(bytes[i * 65_536] ?? 0).replace('\0', '.')).join('');
}

const names = async (): Promise<string[]> => {
  const { below, top } = await overlayLayers(overlay);
  return [...below, top].map((path) => path.slice(folder.length + 1));
};

describe.skipIf(!hasQemuImg())('with qemu-img', () => {
  test('layers are sealed one after the other, and merged into one', async () => {
    await write('a', 0);
    await write('a', 64);
    await sealLayers(overlay);
    // Nothing was written to the new one: it stays the same.
    await sealLayers(overlay);
    const sealed = readFileSync(overlay);
    await write('b', 64);
    await write('b', 128);
    await sealLayers(overlay);
    await write('0', 0);
    await write('c', 128);
    expect(await read()).toBe('.bc.');
    expect(readFileSync(overlay)).toEqual(sealed);
    expect(await names()).toEqual(['disk0.overlay', 'disk0.overlay.2', 'disk0.overlay.3']);
    // One in the middle first: what the last one hides stays hidden.
    const progress: number[] = [];
    await mergeLayer(overlay, 1, { onProgress: (done, all) => progress.push(done / all) });
    expect(progress.at(-1)).toBe(1);
    expect([await names(), await read()]).toEqual([['disk0.overlay', 'disk0.overlay.3'], '.bc.']);
    await mergeLayer(overlay, 1);
    expect([readdirSync(folder), await read()]).toEqual([['disk0.overlay'], '.bc.']);
    await write('d', 192);
    expect(await read()).toBe('.bcd');
  });

  test('zeros in a layer hide what is below the one that it is merged into', async () => {
    await write('a', 0);
    await sealLayers(overlay);
    await write('b', 64);
    await sealLayers(overlay);
    await write('0', 0);
    await mergeLayer(overlay, 2);
    expect(await read()).toBe('.b..');
  });

  test('a merge that was cut short is done again, and reads as before meanwhile', async () => {
    await write('a', 0);
    await sealLayers(overlay);
    await write('b', 0);
    const before = readFileSync(join(folder, 'disk0.overlay.layers'));
    const upper = readFileSync(join(folder, 'disk0.overlay.2'));
    await mergeLayer(overlay, 1);
    // As before the last step, which takes the upper one away.
    writeFileSync(join(folder, 'disk0.overlay.2'), upper);
    writeFileSync(join(folder, 'disk0.overlay.layers'), before);
    expect(await read()).toBe('b...');
    await mergeLayer(overlay, 1);
    expect([readdirSync(folder), await read()]).toEqual([['disk0.overlay'], 'b...']);
  });

  test('what takes the place of all layers has as many as it has', async () => {
    await write('a', 0);
    await sealLayers(overlay);
    await write('b', 64);
    const other = join(folder, 'other');
    writeFileSync(other, emptyQcow2(SIZE));
    await replaceLayers(overlay, 2, async (_, path) => await link(other, path));
    expect(await read()).toBe('....');
    expect(await names()).toEqual(['disk0.overlay.3', 'disk0.overlay.4']);
    expect(readdirSync(folder).sort()).toEqual(['disk0.overlay.3', 'disk0.overlay.4', 'disk0.overlay.layers', 'other']);
  });
});

const list = (layers: unknown): void =>
  writeFileSync(`${overlay}.layers`, JSON.stringify({ version: 1, layers }), { flag: 'w' });

test.each([
  ['a name elsewhere', () => list(['../disk0.overlay', 'disk0.overlay'])],
  ['a name of something else', () => list(['disk0.overlay.layers', 'disk0.overlay'])],
  ['one twice', () => list(['disk0.overlay', 'disk0.overlay'])],
  ['none', () => list([])],
  ['too many', () => list(Array.from({ length: 65 }, (_, i) => `disk0.overlay.${i + 2}`))],
  ['one that is missing', () => list(['disk0.overlay.2', 'disk0.overlay'])],
  ['no JSON', () => writeFileSync(`${overlay}.layers`, 'disk0.overlay')],
  ['a list that is a link', () => symlinkSync('/dev/zero', `${overlay}.layers`)],
  [
    'a layer that is a link',
    () => {
      list(['disk0.overlay', 'disk0.overlay.2']);
      writeFileSync(join(folder, 'disk'), emptyQcow2(SIZE));
      symlinkSync('disk', overlay);
    },
  ],
  [
    'a layer of another kind',
    () => {
      list(['disk0.overlay', 'disk0.overlay.2']);
      writeFileSync(overlay, 'text');
    },
  ],
  [
    'a layer whose data is in another file',
    () => {
      list(['disk0.overlay', 'disk0.overlay.2']);
      const image = emptyQcow2(SIZE);
      // The incompatible feature "external data file".
      image[79] = 4;
      writeFileSync(overlay, image);
    },
  ],
  [
    'an overlay without a list whose data is in another file',
    () => {
      const image = emptyQcow2(SIZE);
      image[79] = 4;
      writeFileSync(overlay, image);
    },
  ],
])('%s is refused', async (_, make) => {
  make();
  await expect(overlayLayers(overlay)).rejects.toMatchObject({ code: 'overlay-layers-invalid' });
});

test('one that has no list is one layer, there or not', async () => {
  expect(await overlayLayers(overlay)).toEqual({ below: [], top: overlay });
  await sealLayers(overlay);
  writeFileSync(overlay, emptyQcow2(SIZE));
  await sealLayers(overlay);
  expect(readdirSync(folder)).toEqual([]);
});
