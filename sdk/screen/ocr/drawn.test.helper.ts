/** Pictures for tests: rectangles and a few letters of a tiny font, drawn in any colours. */
import type { Picture } from '../picture.js';

/** 5x7, `#` is ink. Only what the tests write. */
const LETTERS: Readonly<Record<string, string>> = {
  A: '.###. #...# #...# ##### #...# #...# #...#',
  E: '##### #.... #.... ####. #.... #.... #####',
  H: '#...# #...# #...# ##### #...# #...# #...#',
  L: '#.... #.... #.... #.... #.... #.... #####',
  T: '##### ..#.. ..#.. ..#.. ..#.. ..#.. ..#..',
  i: '..... ..#.. ..... ..#.. ..#.. ..#.. ..#..',
  '-': '..... ..... ..... .###. ..... ..... .....',
  ' ': '..... ..... ..... ..... ..... ..... .....',
};

export class Drawing implements Picture {
  readonly rgba: Uint8Array;

  constructor(
    readonly width: number,
    readonly height: number,
    colour: number,
  ) {
    this.rgba = new Uint8Array(4 * width * height).fill(255);
    this.box(0, 0, width, height, colour);
  }

  /** Fills a rectangle. */
  box(x: number, y: number, width: number, height: number, colour: number): this {
    for (let row = y; row < y + height; row++) {
      for (let column = x; column < x + width; column++) this.#set(column, row, colour);
    }
    return this;
  }

  /** An outline, one pixel wide. */
  outline(x: number, y: number, width: number, height: number, colour: number): this {
    this.box(x, y, width, 1, colour).box(x, y + height - 1, width, 1, colour);
    return this.box(x, y, 1, height, colour).box(x + width - 1, y, 1, height, colour);
  }

  /** Seven pixels high times `scale`; six wide. */
  text(x: number, y: number, text: string, colour: number, scale = 1): this {
    Array.from(text).forEach((character, i) => {
      const rows = LETTERS[character]?.split(' ');
      if (rows === undefined) throw new RangeError(`the test font has no ${character}`);
      rows.forEach((row, dy) => {
        Array.from(row).forEach((dot, dx) => {
          if (dot === '#') this.box(x + (6 * i + dx) * scale, y + dy * scale, scale, scale, colour);
        });
      });
    });
    return this;
  }

  #set(x: number, y: number, colour: number): void {
    this.rgba.set([(colour >>> 16) & 255, (colour >>> 8) & 255, colour & 255], 4 * (y * this.width + x));
  }
}
