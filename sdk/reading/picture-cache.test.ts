import { mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PictureCache } from './picture-cache.js';
import { encodePng } from './png.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'guestwright-'));
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

function png(grey: number, side = 8): Uint8Array {
  return encodePng({ width: side, height: side, rgba: new Uint8Array(4 * side * side).fill(grey) });
}

test('a file is decoded once', async () => {
  const file = path.join(folder, 'once.png');
  await writeFile(file, png(10));
  const cache = new PictureCache();
  const first = await cache.load(file);
  expect(first).toMatchObject({ width: 8, height: 8 });
  expect(await cache.load(path.join(folder, '.', 'once.png'))).toBe(first);
});

test('a file that was written again is decoded again, also at the same time and of the same size', async () => {
  const file = path.join(folder, 'again.png');
  const time = new Date(1_700_000_000_000);
  await writeFile(file, png(10));
  await utimes(file, time, time);
  const cache = new PictureCache();
  const first = await cache.load(file);
  await writeFile(`${file}.new`, png(20));
  await utimes(`${file}.new`, time, time);
  await rename(`${file}.new`, file);
  const second = await cache.load(file);
  expect(second.bytes.length).toBe(first.bytes.length);
  expect([first.rgba[0], second.rgba[0]]).toEqual([10, 20]);
});

test('no more is kept than allowed: what was used longest ago goes', async () => {
  const files = ['a', 'b', 'c'].map((name) => path.join(folder, `${name}.png`));
  for (const file of files) await writeFile(file, png(1));
  const [a = '', b = '', c = ''] = files;
  const cache = new PictureCache(2 * 4 * 64);
  const [firstA, firstB] = [await cache.load(a), await cache.load(b)];
  await cache.load(a);
  await cache.load(c);
  expect(await cache.load(a)).toBe(firstA);
  expect(await cache.load(b)).not.toBe(firstB);
});

test('a picture that is larger than all that may be kept is read, and the others stay', async () => {
  const [small, large] = [path.join(folder, 'small.png'), path.join(folder, 'large.png')];
  await writeFile(small, png(1));
  await writeFile(large, png(2, 64));
  const cache = new PictureCache(1_000);
  const kept = await cache.load(small);
  expect(await cache.load(large)).toMatchObject({ width: 64 });
  expect(await cache.load(small)).toBe(kept);
});

test('what is not there or no picture is an error each time', async () => {
  const cache = new PictureCache();
  const wrong = path.join(folder, 'wrong.png');
  await expect(cache.load(wrong)).rejects.toThrow('ENOENT');
  await writeFile(wrong, 'not a picture');
  for (let i = 0; i < 2; i++)
    await expect(cache.load(wrong)).rejects.toThrow('wrong.png is not a readable PNG picture');
  await writeFile(wrong, png(3));
  expect(await cache.load(wrong)).toMatchObject({ width: 8 });
});
