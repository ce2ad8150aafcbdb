import { expect, test } from 'vitest';
import type { Picture } from '../picture.js';
import { Drawing } from './drawn.test.helper.js';
import { linesIn } from './read.js';

const WHITE = 0xffffff;
const BLACK = 0;
const TEAL = 0x2b8578;

/** `left,top widthxheight marks` of each line. */
function wordLines(picture: Picture): string[] {
  return linesIn(picture, { x: 0, y: 0, width: picture.width, height: picture.height }).map(
    ({ left, top, right, bottom, marks }) => `${left},${top} ${right - left}x${bottom - top} ${marks.length}`,
  );
}

test('an even picture has no lines', () => {
  expect(wordLines(new Drawing(100, 60, TEAL))).toEqual([]);
});

test.each([
  ['dark on light', WHITE, BLACK],
  ['light on dark', BLACK, WHITE],
  ['one hue on another of the same lightness', 0x989898, 0x0000c0],
])('text %s is a line with a mark for each letter', (_, ground, ink) => {
  expect(wordLines(new Drawing(100, 40, ground).text(10, 12, 'HELL', ink))).toEqual(['10,12 23x7 4']);
});

test('rows close to each other are lines of their own, from top to bottom', () => {
  const picture = new Drawing(100, 60, WHITE).text(10, 30, 'EA', BLACK).text(10, 20, 'HAT', BLACK);
  expect(wordLines(picture)).toEqual(['10,20 17x7 3', '10,30 11x7 2']);
});

test('cells on one height are one line, a lone dash between them included', () => {
  const picture = new Drawing(300, 60, WHITE).text(10, 20, 'HAT', BLACK).text(120, 20, '-', BLACK);
  expect(wordLines(picture.text(200, 20, 'LEA', BLACK))).toEqual(['10,20 207x7 7']);
});

test('columns whose rows are not level stay apart', () => {
  const picture = new Drawing(300, 60, WHITE).text(10, 20, 'HAT', BLACK).text(200, 24, 'HAT', BLACK);
  expect(wordLines(picture)).toEqual(['10,20 17x7 3', '200,24 17x7 3']);
});

test('a highlighted row is a line of its own on its own ground', () => {
  const picture = new Drawing(200, 80, WHITE)
    .text(10, 10, 'HAT', BLACK)
    .box(4, 24, 190, 16, TEAL)
    .text(10, 28, 'HAT', WHITE)
    .text(10, 50, 'HAT', BLACK);
  expect(wordLines(picture)).toEqual(['10,10 17x7 3', '10,28 17x7 3', '10,50 17x7 3']);
  const grounds = linesIn(picture, { x: 0, y: 0, width: 200, height: 80 }).map(({ marks }) => marks[0]?.groundColour);
  expect(grounds).toEqual([WHITE, TEAL, WHITE]);
});

test('the border of a button is no text, its label is', () => {
  const picture = new Drawing(200, 80, 0xefebe7).box(20, 20, 100, 30, 0x404040).box(21, 21, 98, 28, 0xfaf5f3);
  expect(wordLines(picture.text(50, 30, 'HELL', BLACK))).toEqual(['50,30 23x7 4']);
});

test('rules and outlines on the ground of the text are no text', () => {
  const picture = new Drawing(200, 80, WHITE).outline(5, 5, 190, 70, BLACK).box(20, 40, 100, 1, BLACK);
  expect(wordLines(picture.text(20, 20, 'HELL', BLACK))).toEqual(['20,20 23x7 4']);
});

test('the dotted frame of a focused row is no text', () => {
  const picture = new Drawing(200, 60, TEAL);
  for (let x = 6; x < 190; x += 2) picture.box(x, 20, 1, 1, WHITE).box(x, 42, 1, 1, WHITE);
  for (let y = 22; y < 42; y += 2) picture.box(6, y, 1, 1, WHITE).box(190, y, 1, 1, WHITE);
  expect(wordLines(picture.text(10, 28, 'HELL', WHITE))).toEqual(['10,28 23x7 4']);
});

test('a caret that is higher than the text beside it is no text, an upright letter is', () => {
  const picture = new Drawing(200, 60, WHITE).text(20, 20, 'HAT', BLACK).box(40, 20, 1, 7, BLACK);
  expect(wordLines(picture)).toEqual(['20,20 21x7 4']);
  expect(wordLines(picture.box(40, 15, 1, 17, BLACK))).toEqual(['20,20 17x7 3']);
});

test('a piece of a border that is alone in an area is no text', () => {
  expect(wordLines(new Drawing(200, 60, WHITE).box(0, 0, 6, 60, 0x806040))).toEqual([]);
});

test('dots of large letters belong to their line', () => {
  expect(wordLines(new Drawing(200, 80, WHITE).text(20, 10, 'HiT', BLACK, 5))).toEqual(['20,10 85x35 4']);
});

test('text on a gradient is found, with the colour of the ground right around it', () => {
  const picture = new Drawing(200, 60, WHITE);
  for (let y = 0; y < 60; y++) picture.box(0, y, 200, 1, (3 * y) << 8);
  picture.text(20, 10, 'HAT', WHITE).text(20, 40, 'HAT', WHITE);
  expect(wordLines(picture)).toEqual(['20,10 17x7 3', '20,40 17x7 3']);
  const [upper, lower] = linesIn(picture, { x: 0, y: 0, width: 200, height: 60 });
  expect(upper?.marks[0]?.groundColour).toBeLessThan(lower?.marks[0]?.groundColour ?? 0);
});

test('a picture full of noise has no lines and takes no time without end', () => {
  const picture = new Drawing(320, 200, WHITE);
  for (let i = 0, seed = 1; i < picture.rgba.length; i++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    if (i % 4 !== 3) picture.rgba[i] = seed >>> 24;
  }
  expect(wordLines(picture)).toEqual([]);
});

test('only the asked area is looked at', () => {
  const picture = new Drawing(200, 60, WHITE).text(20, 10, 'HAT', BLACK).text(20, 40, 'HAT', BLACK);
  expect(linesIn(picture, { x: 10, y: 30, width: 100, height: 30 }).map(({ top }) => top)).toEqual([40]);
});
