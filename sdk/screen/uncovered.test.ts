import { expect, test } from 'vitest';
import { uncovered } from './uncovered.js';

const SIZE = { width: 100, height: 60 };

test('of a screen that nothing covers, all is left', () => {
  expect(uncovered(SIZE, [])).toEqual([{ x: 0, y: 0, width: 100, height: 60 }]);
});

test('of a screen that is covered, nothing is left, nor strips too narrow for text', () => {
  expect(uncovered(SIZE, [{ x: 0, y: 0, width: 100, height: 60 }])).toEqual([]);
  expect(uncovered(SIZE, [{ x: 3, y: 0, width: 97, height: 56 }])).toEqual([]);
});

test('what lies around a part is left in rectangles that do not overlap and cover it all', () => {
  const part = { x: 20, y: 10, width: 30, height: 20 };
  const rest = uncovered(SIZE, [part]);
  const count = new Uint8Array(SIZE.width * SIZE.height);
  for (const { x, y, width, height } of [part, ...rest]) {
    for (let row = y; row < y + height; row++) {
      for (let at = row * 100 + x; at < row * 100 + x + width; at++) count[at] = (count[at] ?? 0) + 1;
    }
  }
  expect(count.every((times) => times === 1)).toBe(true);
});

test('rows between two columns of parts stay in one piece', () => {
  const column = (x: number) => [0, 20, 40].map((y) => ({ x, y, width: 30, height: 20 }));
  expect(uncovered(SIZE, [...column(0), ...column(70)])).toEqual([{ x: 30, y: 0, width: 40, height: 60 }]);
});
