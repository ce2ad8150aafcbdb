import { expect, test } from 'vitest';
import { Drawing } from './drawn.test.helper.js';
import { linesIn } from './read.js';
import { enlarge, MARGIN, prepareStrip, type Strip } from './strip.js';

function stripOf(picture: Drawing): Strip {
  const [line] = linesIn(picture, { x: 0, y: 0, width: picture.width, height: picture.height });
  if (line === undefined) throw new Error('no line in the picture');
  return prepareStrip(picture, line);
}

function at({ image }: Strip, x: number, y: number): number | undefined {
  return image.grey[y * image.width + x];
}

test('whatever the colours, the strip is black on white', () => {
  const dark = stripOf(new Drawing(100, 40, 0xffffff).text(10, 12, 'HAT', 0));
  const light = stripOf(new Drawing(100, 40, 0x2b8578).text(10, 12, 'HAT', 0xffffff));
  const pale = stripOf(new Drawing(100, 40, 0xe0e0e0).text(10, 12, 'HAT', 0x909090));
  expect(light.image).toEqual(dark.image);
  expect(pale.image).toEqual(dark.image);
  expect(at(dark, MARGIN, MARGIN)).toBe(0);
  expect(at(dark, 0, 0)).toBe(255);
});

test('only the text of the line is in it, not what crosses its box', () => {
  const plain = new Drawing(100, 40, 0xffffff).text(10, 12, 'HAT', 0);
  const ruled = new Drawing(100, 40, 0xffffff).text(10, 12, 'HAT', 0).box(0, 20, 100, 1, 0x808080);
  expect(stripOf(ruled).image).toEqual(stripOf(plain).image);
});

test('wide gaps are narrowed, and places behind them are mapped back to the screen', () => {
  const strip = stripOf(new Drawing(400, 40, 0xffffff).text(10, 12, 'HAT', 0).text(300, 12, 'HAT', 0));
  expect(strip.image.width).toBeLessThan(70);
  expect(strip.screenX(MARGIN)).toBe(10);
  expect(strip.screenX(MARGIN + 17)).toBe(27);
  expect(strip.screenX(strip.image.width - MARGIN)).toBe(317);
  expect(strip.screenX(strip.image.width - MARGIN - 17)).toBe(300);
});

test('enlarging keeps even areas even and edges between their sides', () => {
  const even = enlarge({ width: 3, height: 2, grey: new Uint8Array(6).fill(77) }, 3);
  expect([even.width, even.height, ...new Set(even.grey)]).toEqual([9, 6, 77]);
  const edge = enlarge({ width: 4, height: 1, grey: Uint8Array.of(0, 0, 255, 255) }, 2);
  expect([...edge.grey.subarray(0, 8)]).toEqual([0, 0, 0, 52, 203, 255, 255, 255]);
});

test('enlarging by one gives the same picture', () => {
  const grey = { width: 2, height: 1, grey: Uint8Array.of(1, 2) };
  expect(enlarge(grey, 1)).toEqual(grey);
});
