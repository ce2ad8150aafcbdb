import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodePng, encodePng } from '../../sdk/reading/png.js';
import { flat, pasted } from '../../sdk/screen/find-fixture.js';
import type { Picture } from '../../sdk/screen/picture.js';
import { UserFolder } from './command-line.js';

let folder: UserFolder;
beforeAll(async () => {
  folder = await UserFolder.empty();
  const grey = flat(90, 32, 0x404040);
  const files: Record<string, Picture> = {
    'a.png': grey,
    'b.png': pasted(grey, flat(5, 4, 0xf0f0f0), 20, 8),
    'close.png': pasted(grey, flat(5, 4, 0x484848), 20, 8),
    'wide.png': flat(99, 32, 0x404040),
  };
  for (const [name, picture] of Object.entries(files)) await writeFile(join(folder.path, name), encodePng(picture));
  const text = (word: string): string =>
    `text screen 10x2, cells 9x16\n${word}\n\ncolours by row, as attribute*cells:\n0-1: 07*10\n`;
  await folder.write({ 'a.txt': text('READY'), 'b.txt': text('REEDY') });
});
afterAll(async () => await folder[Symbol.asyncDispose]());

const diff = async (...args: string[]) => await folder.run(['screen', 'diff', ...args]);

test('two pictures that are the same end with 0, also within the threshold or but for a mask', async () => {
  expect(await diff('a.png', 'a.png')).toMatchObject({ exitCode: 0, stdout: 'The pictures are the same.' });
  expect(await diff('a.png', 'close.png')).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('threshold') as string,
  });
  expect(await diff('a.png', 'close.png', '--threshold', '0')).toMatchObject({ exitCode: 1 });
  expect(await diff('a.png', 'b.png', '--mask', '18,0,9,16')).toMatchObject({ exitCode: 0 });
});

test('two that differ end with 1: pixels, places, rows of text, and a picture where it is asked for', async () => {
  const { exitCode, stdout } = await diff('a.png', 'b.png', '--output', 'diff.png');
  expect(exitCode).toBe(1);
  expect(stdout).toContain('20 pixels differ (0.69 % of all)\n  at x 20, y 8: 5x4 pixels');
  expect(stdout).toMatch(/- +0 \| READY\n\+ +0 \| REEDY/);
  expect(stdout).toContain('The differences are drawn in diff.png');
  const drawn = decodePng(await readFile(join(folder.path, 'diff.png')), 'diff.png');
  expect(Array.from(drawn.rgba.subarray(4 * (9 * 90 + 22), 4 * (9 * 90 + 22) + 3))).toEqual([255, 0, 0]);
});

test('two sizes are told', async () => {
  const { exitCode, stdout } = await diff('a.png', 'wide.png');
  expect(exitCode).toBe(1);
  expect(stdout).toBe('The sizes differ: 90x32 pixels, and 99x32');
});

test.each([
  [['a.png', 'nowhere.png'], 'There is no picture nowhere.png'],
  [['a.png', 'a.txt'], 'a.txt is not a readable PNG picture'],
  [['a.png', 'b.png', '--mask', '1,2,3'], 'x, y, width, height'],
  [['a.png', 'b.png', '--threshold', '2'], 'A number from 0 to 1'],
])('%j is wrong usage', async (args, words) => {
  const { exitCode, stderr } = await diff(...args);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(words);
});

test('read says the text of a picture with its places and rungs; as JSON in reading order', async () => {
  const menu = fileURLToPath(new URL('../../../sdk/screen/screens/ovmfdm.png', import.meta.url));
  const { exitCode, stdout } = await folder.run(['screen', 'read', menu, '--json']);
  expect(exitCode).toBe(0);
  const { lines } = JSON.parse(stdout) as {
    lines: { text: string; region: object; rung: string; confidence: number }[];
  };
  expect(lines[0]).toEqual({
    text: 'Device Manager',
    region: { x: 256, y: 21, width: 112, height: 19 },
    rung: 'glyphs',
    confidence: 1,
  });
  expect(lines.map(({ text }) => text)).toContain('iSCSI Configuration');
  const words = await folder.run(['screen', 'read', menu]);
  expect(words.stdout).toMatch(/^glyphs +256,21 112x19 +Device Manager$/m);
});

test('read of what is no picture is wrong use', async () => {
  expect(await folder.run(['screen', 'read', 'a.txt'])).toMatchObject({ exitCode: 2 });
  expect(await folder.run(['screen', 'read', 'nowhere.png'])).toMatchObject({ exitCode: 2 });
});
