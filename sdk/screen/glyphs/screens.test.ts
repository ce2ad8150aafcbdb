import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { decodePng } from '../../reading/png.js';
import type { Picture } from '../picture.js';
import { parseFixtureFonts } from './glyphs-fixture.js';
import { GlyphReader } from './index.js';

const ROOT = new URL('../../../../', import.meta.url);
const fonts = parseFixtureFonts(readFileSync(new URL('sdk/screen/glyphs/fonts.fixture.txt', ROOT), 'utf8'));

function screen(name: string): Picture {
  return decodePng(readFileSync(new URL(`sdk/screen/screens/${name}.png`, ROOT)), `${name}.png`);
}

function truth(name: string): string[] {
  return readFileSync(new URL(`sdk/screen/screens/${name}.txt`, ROOT), 'utf8')
    .trimEnd()
    .split('\n')
    .map(plain);
}

/** As the true texts are written: no borders, runs of blanks collapsed. */
function plain(text: string): string {
  return text
    .replace(/[\u2500-\u259f►▶]/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

function linesOf(name: string): string[] {
  const { rows } = new GlyphReader(fonts).read(screen(name));
  return rows.map(({ text }) => plain(text)).filter((line) => line !== '');
}

test.each(['vtsh', 'grub', 'seabios', 'memtest', 'fbsh'])('the console %s is read without an error', (name) => {
  expect(linesOf(name)).toEqual(truth(name));
});

/** What the screen shows and its true text leaves out: arrows of scroll bars and of key help. */
const SIGNS = /[↑↓■▮]/g;

test.each(['newt', 'fbnewt', 'ovmfdm'])(
  'the dialogue %s is read without an error, signs of its widgets apart',
  (name) => {
    const lines = linesOf(name).map((line) => plain(line.replace(SIGNS, ' ')));
    expect(lines.filter((line) => line !== '')).toEqual(truth(name));
  },
);

test('arrows and scroll bars are read as what they are', () => {
  expect(linesOf('ovmfdm').at(-1)).toBe('↑↓=Move Highlight <Enter>=Select Entry Esc=Exit');
  expect(linesOf('newt').filter((line) => SIGNS.test(line))).toEqual(
    expect.arrayContaining([expect.stringContaining('↑'), expect.stringContaining('↓')]),
  );
});

test('a menu over a picture is read but for its drawn logo', () => {
  expect(linesOf('grubgfx')).toEqual(truth('grubgfx').map((line) => line.replace(/^debian 12 /, '')));
});

test.each([
  'menu-gfxterm-dawn',
  'menu-gfxterm-night',
  'menu-gfxterm-scripts',
  'menu-gfxterm-snow',
  'menu-theme-dawn',
  'menu-theme-forest',
  'menu-theme-night',
  'menu-vesa-alpha',
  'menu-vesa-dawn',
  'menu-vesa-debian',
  'menu-vesa-forest',
  'menu-vesa-plain',
  'menu-vesa-shadow',
])('every line of %s is read, and nothing else', (name) => {
  expect(linesOf(name).sort()).toEqual(truth(name).sort());
});

test.each(['gtk800', 'gtk1024'])('anti-aliased text gives nothing at all: %s', (name) => {
  expect(new GlyphReader(fonts).read(screen(name))).toEqual({ rows: [], covered: [], layout: null });
});

test('the highlighted row of a menu has colours of its own', () => {
  const { rows } = new GlyphReader(fonts).read(screen('newt'));
  const row = rows.find(({ text }) => text.includes('English'));
  const start = row?.text.indexOf('English') ?? -1;
  const run = row?.colours.find((each) => each.start <= start && each.end > start);
  expect(run).toMatchObject({ foreground: 0xa8a8a8, background: 0xa80000 });
});

test('the layout of a console says where its cells are', () => {
  expect(new GlyphReader(fonts).read(screen('ovmfdm')).layout).toEqual({
    kind: 'grid',
    font: 'edk2-8x19',
    x: 0,
    y: 2,
    cellWidth: 8,
    cellHeight: 19,
    columns: 80,
    rows: 25,
  });
});
