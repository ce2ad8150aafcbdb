import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readGoldenPoints } from './points.js';
import { TemporaryFolder } from './temporary-folder.test.helper.js';

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await TemporaryFolder.make();
});
afterAll(async () => await folder[Symbol.asyncDispose]());

const size = { width: 40, height: 20 };
let number = 0;

async function read(text: string) {
  const points = join(folder.path, `${++number}.points.json`);
  await writeFile(points, text);
  return await readGoldenPoints({ points }, size);
}

test('click points are read by their names', async () => {
  const points = { ok: { x: 39, y: 19 }, cancel: { x: 0, y: 0 } };
  expect(await read(JSON.stringify({ points }))).toEqual(points);
});

test('a golden without a file has none', async () => {
  expect(await readGoldenPoints({ points: join(folder.path, 'absent.points.json') }, size)).toEqual({});
});

test.each([
  ['no JSON', 'x: 1', 'expected object'],
  ['a point without y', '{"points":{"ok":{"x":1}}}', 'points.ok.y'],
  ['half a pixel', '{"points":{"ok":{"x":1.5,"y":0}}}', 'points.ok.x'],
  ['an unknown field', '{"points":{},"ponts":{}}', 'ponts'],
  ['a point outside', '{"points":{"ok":{"x":40,"y":0}}}', '"ok" at x 40, y 0, outside of the picture of 40x20 pixels'],
])('%s is refused with the file, the place and an example', async (_, text, place) => {
  const wrong = read(text);
  await expect(wrong).rejects.toThrow(place);
  await expect(wrong).rejects.toMatchObject({ kind: 'usage', code: 'points-invalid' });
  await expect(wrong).rejects.toThrow(/points\.json does not hold click points[^]*"ok": { "x": 12, "y": 8 }/);
});
