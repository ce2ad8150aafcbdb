import { expect, test } from 'vitest';
import { placeCentred } from './place.js';

/** A picture of the pixels' red parts, which are opaque. */
const picture = (width: number, ...reds: number[]) => ({
  width,
  height: reds.length / width,
  rgba: Uint8Array.from(reds.flatMap((red) => [red, 0, 0, 255])),
});
const redsOf = (rgba: Uint8Array): number[] => [...rgba].filter((_, index) => index % 4 === 0);

test('a screen that is smaller stands in the middle, on black that is opaque', () => {
  const placed = placeCentred(picture(2, 1, 2, 3, 4), { width: 4, height: 4 });
  expect(redsOf(placed)).toEqual([0, 0, 0, 0, 0, 1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 0]);
  expect([...placed].filter((_, index) => index % 4 === 3)).toEqual(Array<number>(16).fill(255));
});

test('a screen of an odd size has its spare pixel at the right and below', () => {
  expect(redsOf(placeCentred(picture(1, 9), { width: 2, height: 2 }))).toEqual([9, 0, 0, 0]);
});

test('a screen of the very size is taken as it is', () => {
  const { rgba } = picture(2, 1, 2);
  expect(placeCentred({ width: 2, height: 1, rgba }, { width: 2, height: 1 })).toBe(rgba);
});
