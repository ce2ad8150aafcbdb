import { expect, test } from 'vitest';
import { makeFrame, type Frame } from '../../sdk/screen/frame.js';
import { clipOf, masksIn } from './clip.js';
import { movingParts } from './moving-parts.js';

const font = { width: 9, height: 16, glyphs: new Uint8Array(256 * 32).fill(1), lineGraphics: true };
const palette = Uint32Array.from({ length: 16 }, (_, colour) => colour * 0x111111);

function text(at: number, ...rows: string[]): Frame {
  const cells = new Uint8Array(2 * 10 * 2);
  for (let row = 0; row < 2; row++) {
    for (let column = 0; column < 10; column++) {
      cells[2 * (row * 10 + column)] = rows[row]?.charCodeAt(column) || 32;
      cells[2 * (row * 10 + column) + 1] = 7;
    }
  }
  return makeFrame({ kind: 'text', columns: 10, rows: 2, cells, cursor: null, font, palette, blink: false }, at);
}

test('what changes again and again moves, what was written once stays', () => {
  const frames = [text(0, '12:00'), text(1, '12:01', 'done'), text(2, '12:02', 'done')];
  expect(movingParts(frames)).toEqual([{ x: 36, y: 0, width: 9, height: 16 }]);
  expect(movingParts(frames.slice(0, 2))).toEqual([]);
});

test('on a graphic screen it is found by squares', () => {
  const picture = (at: number, shade: number): Frame => {
    const rgba = new Uint8Array(4 * 40 * 20).fill(255);
    rgba[4 * (18 * 40 + 39)] = shade;
    return makeFrame({ kind: 'graphic', width: 40, height: 20, rgba, mode: 'test' }, at);
  };
  expect(movingParts([picture(0, 1), picture(1, 2), picture(2, 3)])).toEqual([{ x: 32, y: 16, width: 8, height: 4 }]);
});

test('a clip grows to whole characters, and masks are cut to it', () => {
  const clip = clipOf(text(0), { x: 10, y: 3, width: 5, height: 2 });
  expect(clip).toEqual({ x: 9, y: 0, width: 9, height: 16 });
  expect(clipOf(text(0), { x: 500, y: 500, width: 5, height: 5 })).toEqual({ x: 81, y: 16, width: 9, height: 16 });
  expect(
    masksIn(
      [
        { x: 0, y: 0, width: 12, height: 32 },
        { x: 36, y: 0, width: 9, height: 16 },
      ],
      clip,
    ),
  ).toEqual([{ x: 9, y: 0, width: 3, height: 16 }]);
});
