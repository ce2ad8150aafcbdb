/** `guestwright fonts` as a user runs it. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { encodePng } from '../../sdk/reading/png.js';
import { parseFontFile } from '../../sdk/reading/fonts/index.js';
import { UserFolder } from './command-line.js';
import { idlingGuest } from './tiny-guests.js';

/** The letter A of a VGA BIOS. */
const LETTER = [0, 0, 0x10, 0x38, 0x6c, 0xc6, 0xc6, 0xfe, 0xc6, 0xc6, 0xc6, 0xc6, 0, 0, 0, 0];

let project: UserFolder;
beforeEach(async () => {
  project = await UserFolder.empty();
  await project.write({ 'package.json': '{}' });
});
afterEach(async () => {
  await project[Symbol.asyncDispose]();
});

async function fontAt(path: string) {
  const { name, width, height, glyphs } = parseFontFile(await readFile(join(project.path, path)), path);
  const rows = (character: string) => glyphs.find((glyph) => glyph.character === character)?.rows;
  return { name, width, height, count: glyphs.length, letter: Array.from(rows('A') ?? []) };
}

test('the list names every font and the set that screens are read with', async () => {
  const { exitCode, stdout } = await project.run(['fonts', 'list']);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^seabios {2}\(/m);
  expect(stdout).toMatch(/^ {2}\* vga-8x16 {2}text modes/m);
  expect(stdout).toMatch(/^ {4}vga-8x8 /m);
  const json = await project.run(['fonts', 'list', '--json']);
  expect(JSON.parse(json.stdout)).toContainEqual(expect.objectContaining({ name: 'ovmf' }));
});

test('a font is learned from the text mode of a guest, once it shows what it is waited for', async () => {
  await writeFile(join(project.path, 'guest.img'), idlingGuest());
  const { exitCode, stdout, stderr } = await project.run(['fonts', 'learn', 'guest.img', '--until', 'READY']);
  expect([exitCode, stderr]).toEqual([0, 'Starting guest.img …']);
  expect(stdout).toBe(
    "fonts/guest.font: 254 glyphs of 8x16 pixels\nName it in the guest's spec: fonts: ['fonts/guest.font']",
  );
  expect(await fontAt('fonts/guest.font')).toEqual({
    name: 'guest',
    width: 8,
    height: 16,
    count: 254,
    letter: LETTER,
  });
});

test('a guest that never shows the text fails with what it showed', async () => {
  await writeFile(join(project.path, 'guest.img'), idlingGuest());
  const args = ['fonts', 'learn', 'guest.img', '--until', 'login:', '--timeout', '5'];
  const { exitCode, stderr } = await project.run(args);
  expect(exitCode).toBe(1);
  expect(stderr).toContain('a text mode that shows "login:" within 5 guest s');
  expect(stderr).toContain('READY');
});

test('a font file is taken as it is', async () => {
  const glyphs = Array.from({ length: 256 }, (_, code) => (code === 0x41 ? LETTER : Array<number>(16).fill(code)));
  await writeFile(join(project.path, 'a.psf'), Uint8Array.of(0x36, 4, 0, 16, ...glyphs.flat()));
  const { exitCode } = await project.run(['fonts', 'learn', 'debian', '--psf', 'a.psf', '--output', 'own/f.font']);
  expect(exitCode).toBe(0);
  expect(await fontAt('own/f.font')).toMatchObject({ name: 'debian', letter: LETTER });
});

/** A picture of eight A in cells of 8x16, the last one `last`. */
async function writeScreen(last = LETTER): Promise<void> {
  const picture = { width: 80, height: 48, rgba: new Uint8Array(80 * 48 * 4).fill(255) };
  for (let column = 0; column < 8; column++) {
    (column === 7 ? last : LETTER).forEach((dots, y) => {
      for (let x = 0; x < 8; x++) {
        if ((dots >> (7 - x)) & 1) picture.rgba.set([0, 0, 0], 4 * ((16 + y) * 80 + 8 * column + x));
      }
    });
  }
  await writeFile(join(project.path, 'a.png'), encodePng(picture));
  await project.write({ 'a.txt': '\nAAAAAAAA\n' });
}

const fromScreen = ['fonts', 'learn', 'debian', '--screen', 'a.png', '--text', 'a.txt'];

test('glyphs are learned from a picture and its text', async () => {
  await writeScreen();
  const { exitCode, stdout } = await project.run([...fromScreen, '--cell', '8x16']);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('fonts/debian.font: 1 glyphs of 8x16 pixels');
  expect(await fontAt('fonts/debian.font')).toMatchObject({ name: 'debian', count: 1, letter: LETTER });
});

test('a picture that contradicts its text fails with the place', async () => {
  await writeScreen(LETTER.map((dots) => dots & 0xf0));
  const { exitCode, stderr } = await project.run([...fromScreen, '--cell', '8x16']);
  expect(exitCode).toBe(1);
  expect(stderr).toContain('every "A" of a.txt to look the same (cells of 8x16)');
  expect(stderr).toContain('the one in row 2, column 8 looks different from the one before');
});

test('a text that does not stand in the picture fails with the cells that were tried', async () => {
  await writeScreen();
  await project.write({ 'a.txt': 'AAAAAAAA\nAAAAAAAA\nAAAAAAAA\n' });
  const { exitCode, stderr } = await project.run([...fromScreen, '--cell', '8x16']);
  expect(exitCode).toBe(1);
  expect(stderr).toContain('a.txt in cells of 8x16 on a.png');
});

test.each([
  ['two sources', ['--psf', 'a.psf', '--until', 'login:'], 'seen:     --until --psf'],
  ['a picture without its text', ['--screen', 'a.png'], '--screen PNG with --text FILE'],
  ['a file that is not there', ['--psf', 'none.psf'], 'none.psf cannot be read'],
  ['a cell that is none', ['--cell', '8'], 'a width and a height in pixels'],
  ['no time', ['--timeout', '0'], 'more than 0'],
])('%s is wrong usage', async (_what, options, words) => {
  const { exitCode, stderr } = await project.run(['fonts', 'learn', 'debian', ...options]);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(words);
});

test('the path of a font that nobody knows is wrong usage, with the nearest one', async () => {
  const { exitCode, stderr } = await project.run(['fonts', 'path', 'vga-8x15']);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('Did you mean vga-8x16');
});
