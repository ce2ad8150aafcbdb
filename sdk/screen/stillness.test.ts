import { expect, test } from 'vitest';
import { makeFrame, type Frame } from './frame.js';
import { Stillness } from './stillness.js';
import { textFrame } from './text-fixture.js';

/** A font in which every character looks different, so that the pixels of two texts do. */
const font = {
  width: 9,
  height: 16,
  glyphs: Uint8Array.from({ length: 256 * 32 }, (_, i) => (i % 32 < 16 ? (i >> 5) ^ (i % 32 === 3 ? 0xff : 0) : 0)),
  lineGraphics: false,
};
const screen = (...lines: string[]) => textFrame(lines, { font });

/** A picture with a white rectangle. */
function graphic(x: number, y: number, width: number, height: number): Frame {
  const rgba = new Uint8Array(4 * 200 * 100);
  for (let row = y; row < y + height; row++) rgba.fill(255, 4 * (row * 200 + x), 4 * (row * 200 + x + width));
  return makeFrame({ kind: 'graphic', width: 200, height: 100, rgba, mode: 'test' }, 0);
}

function watch(options = { caret: true, clock: true }) {
  const stillness = new Stillness(options);
  return (frame: Frame) => stillness.moved(frame, []);
}

test('an equal screen has not moved, another has', () => {
  const moved = watch();
  expect([screen('a'), screen('a'), screen('b'), screen('b')].map(moved)).toEqual([false, false, true, false]);
});

test('a caret that goes to and fro counts once', () => {
  const moved = watch();
  const [on, off] = [graphic(10, 10, 2, 16), graphic(10, 10, 0, 0)];
  expect([off, on, off, on, off].map(moved)).toEqual([false, true, false, false, false]);
});

test('without leave for carets it counts every time', () => {
  const moved = watch({ caret: false, clock: true });
  const [on, off] = [graphic(10, 10, 2, 16), graphic(10, 10, 0, 0)];
  expect([off, on, off, on].map(moved)).toEqual([false, true, true, true]);
});

test('what moves on is no caret', () => {
  const moved = watch();
  expect([0, 1, 2, 3].map((step) => moved(graphic(10 + 20 * step, 10, 2, 16)))).toEqual([false, true, true, true]);
});

test('a clock does not count, a number does', () => {
  const clock = watch();
  expect([screen('12:00:01 up'), screen('12:00:02 up'), screen('12:00:59 up')].map(clock)).toEqual([
    false,
    false,
    false,
  ]);
  const number = watch();
  expect([screen('1 MB'), screen('2 MB'), screen('59 MB')].map(number)).toEqual([false, true, true]);
});

test('a part that is left out may do what it wants', () => {
  const stillness = new Stillness({ caret: false, clock: false });
  const part = { x: 0, y: 0, width: 50, height: 50 };
  expect([graphic(1, 1, 40, 40), graphic(2, 2, 30, 30)].map((frame) => stillness.moved(frame, [part]))).toEqual([
    false,
    false,
  ]);
  expect(stillness.moved(graphic(60, 60, 5, 5), [part])).toBe(true);
});
