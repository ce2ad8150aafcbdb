import { expect, test } from 'vitest';
import { shrink } from './shrink.js';

const picture = (width: number, height: number, pixel: (x: number, y: number) => number[]) => ({
  width,
  height,
  rgba: Uint8Array.from(
    Array.from({ length: width * height }, (_, i) => pixel(i % width, Math.floor(i / width))).flat(),
  ),
});

test('a pixel is the mean of those it stands for, and the proportions stay', () => {
  const small = shrink(
    picture(8, 4, (x) => [x < 4 ? 200 : 0, x % 2 === 0 ? 100 : 0, 7, 255]),
    2,
  );
  expect([small.width, small.height]).toEqual([2, 1]);
  expect([...small.rgba]).toEqual([200, 50, 7, 255, 0, 50, 7, 255]);
});

test('sizes that do not go into each other leave no pixel out, and none twice', () => {
  const { width, height, rgba } = shrink(
    picture(723, 401, () => [1, 2, 3, 255]),
    160,
  );
  expect([width, height]).toEqual([160, 89]);
  for (let i = 0; i < rgba.length; i += 4) expect([...rgba.subarray(i, i + 4)]).toEqual([1, 2, 3, 255]);
});

test('what is small already stays as it is, and a line has one row at least', () => {
  const small = picture(3, 2, (x, y) => [x, y, 0, 255]);
  expect(shrink(small, 3)).toEqual(small);
  expect(
    shrink(
      picture(100, 1, () => [0, 0, 0, 255]),
      10,
    ).height,
  ).toBe(1);
});
