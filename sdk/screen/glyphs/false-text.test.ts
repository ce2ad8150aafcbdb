import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Picture } from '../picture.js';
import {
  drawGlyphs,
  fillRectangle,
  parseFixtureFonts,
  plainPicture,
  randomNumbers,
  setPixel,
} from './glyphs-fixture.js';
import { GlyphReader } from './index.js';

const fonts = parseFixtureFonts(
  readFileSync(new URL('../../../../sdk/screen/glyphs/fonts.fixture.txt', import.meta.url), 'utf8'),
);
const unifont = fonts.find(({ name }) => name === 'unifont-16') ?? fonts[0];
const SEEDS = [1, 2, 3, 4, 5, 6];

function expectNothing(picture: Picture): void {
  const { rows, covered } = new GlyphReader(fonts).read(picture);
  expect(rows.map(({ text }) => text)).toEqual([]);
  expect(covered).toEqual([]);
}

test.each(SEEDS)('noise of a few colours is no text (%i)', (seed) => {
  const random = randomNumbers(seed);
  const picture = plainPicture(320, 240, 0);
  const density = 0.02 + 0.08 * seed;
  for (let i = 0; i < density * 320 * 240; i++) {
    setPixel(picture, Math.floor(random() * 320), Math.floor(random() * 240), random() < 0.5 ? 0xffffff : 0xa8a8a8);
  }
  expectNothing(picture);
});

test.each(SEEDS)('rectangles and frames are no text (%i)', (seed) => {
  const random = randomNumbers(seed);
  const picture = plainPicture(400, 300, 0xd0d0d0);
  const any = (limit: number) => Math.floor(random() * limit);
  for (let i = 0; i < 120; i++) {
    const [x, y, width, height] = [any(400), any(300), 1 + any(60), 1 + any(40)];
    const colour = [0, 0xffffff, 0x808080, 0x2040a0][any(4)] ?? 0;
    if (random() < 0.5) fillRectangle(picture, x, y, width, height, colour);
    else {
      fillRectangle(picture, x, y, width, 1, colour);
      fillRectangle(picture, x, y + height, width, 1, colour);
      fillRectangle(picture, x, y, 1, height, colour);
      fillRectangle(picture, x + width, y, 1, height + 1, colour);
    }
  }
  expectNothing(picture);
});

test.each(SEEDS)('lines one pixel wide, dots and crosses on the raster of cells are no text (%i)', (seed) => {
  const random = randomNumbers(seed);
  const picture = plainPicture(320, 240, 0xffffff);
  for (let cell = 0; cell < 600; cell++) {
    const [x, y] = [8 * (cell % 40), 16 * Math.floor(cell / 40)];
    const [kind, at] = [Math.floor(random() * 5), Math.floor(random() * 8)];
    if (kind === 0) fillRectangle(picture, x + at, y, 1, 16, 0);
    if (kind === 1) fillRectangle(picture, x, y + 2 * at, 8, 1, 0);
    if (kind === 2) fillRectangle(picture, x + 3, y + at, 2, 2, 0);
    if (kind === 3) for (let i = 0; i < 8; i++) setPixel(picture, x + i, y + 4 + i, 0);
  }
  expectNothing(picture);
});

test('a gradient with grain is no text', () => {
  const random = randomNumbers(9);
  const picture = plainPicture(320, 240, 0);
  for (let y = 0; y < 240; y++) {
    for (let x = 0; x < 320; x++) {
      const value = Math.floor((x + y) / 3 + random() * 30);
      setPixel(picture, x, y, (value << 16) | (value << 8) | 0x40);
    }
  }
  expectNothing(picture);
});

test('one letter alone is no text', () => {
  const picture = plainPicture(320, 240, 0xffffff);
  if (unifont === undefined) throw new Error('no font');
  drawGlyphs(picture, unifont, 'R', { x: 33, y: 41, ink: 0 });
  expectNothing(picture);
});

test('one wide character alone is no text: strokes that cross may look like it', () => {
  const picture = plainPicture(320, 240, 0xffffff);
  if (unifont === undefined) throw new Error('no font');
  drawGlyphs(picture, unifont, '文', { x: 33, y: 41, ink: 0 });
  expectNothing(picture);
});

test('letters whose edges are softened are no text', () => {
  const picture = plainPicture(320, 64, 0xffffff);
  if (unifont === undefined) throw new Error('no font');
  drawGlyphs(picture, unifont, 'Configure the keyboard', { x: 13, y: 21, ink: 0 });
  const sharp = picture.rgba.slice();
  for (let i = 4; i < picture.rgba.length - 4; i++) {
    if (i % 4 < 3) picture.rgba[i] = ((sharp[i - 4] ?? 0) + 2 * (sharp[i] ?? 0) + (sharp[i + 4] ?? 0)) / 4;
  }
  expectNothing(picture);
});

test('signs near a text are read, the same signs alone are not', () => {
  const picture = plainPicture(480, 120, 0x203040);
  if (unifont === undefined) throw new Error('no font');
  drawGlyphs(picture, unifont, '- - |', { x: 21, y: 75, ink: 0xffffff });
  drawGlyphs(picture, unifont, '- Install |', { x: 21, y: 19, ink: 0xffffff });
  expect(new GlyphReader(fonts).read(picture).rows.map(({ text }) => text)).toEqual(['- Install |']);
});
