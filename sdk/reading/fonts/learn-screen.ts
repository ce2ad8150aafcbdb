/**
 * A guest's font, out of a picture of its screen and what stands there: for graphic screens, whose font no engine can
 * be asked for. The picture has to show a console, that is text in cells of one size.
 */
import type { Glyph, GlyphFont } from '../../screen/font.js';
import type { Picture } from '../../screen/picture.js';
import { MAX_GLYPH_HEIGHT, MAX_GLYPH_WIDTH } from './glyph-bytes.js';

/** Pixels. */
export interface CellSize {
  width: number;
  height: number;
}

/** Where the text stands: its cells' size and the upper left corner of the first one. */
export interface Grid extends CellSize {
  x: number;
  y: number;
}

export type LearnedFromScreen =
  | { kind: 'learned'; font: GlyphFont; grid: Grid }
  /** Nowhere do the text's blanks stand on empty cells and its characters on cells of two colours. */
  | { kind: 'no-grid'; tried: readonly CellSize[] }
  /** A grid fits, but a character looks one way here and another way there; `row` and `column` from 0. */
  | { kind: 'contradiction'; grid: Grid; character: string; row: number; column: number };

/** Of consoles: VGA and framebuffer, UEFI, Terminus and Fixed in their sizes. */
const USUAL_CELLS: readonly CellSize[] = [
  ...[16, 8, 14, 15, 18, 19].map((height) => ({ width: 8, height })),
  ...[16, 14, 8].map((height) => ({ width: 9, height })),
  ...[18, 20].map((height) => ({ width: 10, height })),
  { width: 11, height: 22 },
  { width: 12, height: 24 },
  { width: 14, height: 28 },
  { width: 16, height: 32 },
];

/** The only character that may have one colour, as a blank has. */
const FULL_BLOCK = '█';

/** Text that fits a grid by chance is short. */
const FEWEST_CHARACTERS = 8;

/**
 * Aligns cells with characters and keeps what each looks like.
 *
 * @param text the true text: a line for each row of cells, a UTF-16 unit for each cell, blanks included. Lines may
 *   end early, and the text may; what is beyond is not looked at.
 * @param cell the cells' size; the usual ones are tried if it is left out
 */
export function learnFontFromScreen(picture: Picture, text: string, name: string, cell?: CellSize): LearnedFromScreen {
  const lines = text.split('\n').map((line) => line.replace(/\r$/, '').trimEnd());
  const sizes = cell === undefined ? USUAL_CELLS : [cell];
  let contradiction: LearnedFromScreen | null = null;
  for (const size of sizes) {
    for (const grid of gridsOf(size, picture, lines)) {
      const cells = cellsOf(picture, grid, lines);
      if (cells === null) continue;
      const result = fontOf(cells, grid, name);
      if (result.kind === 'learned') return result;
      contradiction ??= result;
    }
  }
  return contradiction ?? { kind: 'no-grid', tried: sizes };
}

/** Where the text has room: from the corner on, or with a margin, as UEFI's console has. */
function* gridsOf({ width, height }: CellSize, picture: Picture, lines: readonly string[]): Generator<Grid> {
  if (width < 1 || height < 1 || width > MAX_GLYPH_WIDTH || height > MAX_GLYPH_HEIGHT) return;
  const columns = lines.reduce((most, line) => Math.max(most, line.length), 0);
  const rows = lines.findLastIndex((line) => line !== '') + 1;
  const room = { x: picture.width - columns * width, y: picture.height - rows * height };
  for (let y = 0; y <= Math.min(room.y, height - 1); y++) {
    for (let x = 0; x <= Math.min(room.x, width - 1); x++) yield { x, y, width, height };
  }
}

/** A character and its dots, taken as the less common of the cell's two colours unless a blank beside it tells. */
interface Cell {
  character: string;
  row: number;
  column: number;
  rows: Uint32Array;
}

/** Null: the text does not stand on this grid. */
function cellsOf(picture: Picture, grid: Grid, lines: readonly string[]): Cell[] | null {
  const cells: Cell[] = [];
  for (const [row, line] of lines.entries()) {
    let blank: number | null = null;
    for (let column = 0; column < line.length; column++) {
      const character = line[column] ?? ' ';
      const pixels = pixelsOf(picture, grid, row, column);
      if (pixels === null) return null;
      if (character === ' ') {
        if (pixels.other !== null) return null;
        blank = pixels.first;
        continue;
      }
      if (pixels.other === null) {
        if (character !== FULL_BLOCK) return null;
        // Nothing to learn: it may as well be a blank in its background's colour.
        continue;
      }
      const background = blank === pixels.first || blank === pixels.other ? blank : pixels.common;
      cells.push({ character, row, column, rows: dotsOf(picture, grid, row, column, background) });
    }
  }
  return cells.length < FEWEST_CHARACTERS ? null : cells;
}

interface CellPixels {
  /** Colour of the upper left pixel. */
  first: number;
  /** The only other colour, if there is one. */
  other: number | null;
  common: number;
}

/** Null: the cell has more than two colours, or lies outside. */
function pixelsOf(picture: Picture, grid: Grid, row: number, column: number): CellPixels | null {
  const [left, top] = [grid.x + column * grid.width, grid.y + row * grid.height];
  if (left + grid.width > picture.width || top + grid.height > picture.height) return null;
  const first = colourAt(picture, left, top);
  let other: number | null = null;
  let firsts = 0;
  for (let y = top; y < top + grid.height; y++) {
    for (let x = left; x < left + grid.width; x++) {
      const colour = colourAt(picture, x, y);
      if (colour === first) firsts++;
      else if (other === null) other = colour;
      else if (colour !== other) return null;
    }
  }
  return { first, other, common: other === null || 2 * firsts >= grid.width * grid.height ? first : other };
}

/** Of 9 pixels the first 8, as the font has them: the ninth is the hardware's. */
function dotsOf(picture: Picture, grid: Grid, row: number, column: number, background: number): Uint32Array {
  const width = glyphWidth(grid);
  const [left, top] = [grid.x + column * grid.width, grid.y + row * grid.height];
  return Uint32Array.from({ length: grid.height }, (_, y) => {
    let dots = 0;
    for (let x = 0; x < width; x++) {
      dots = (dots << 1) | (colourAt(picture, left + x, top + y) === background ? 0 : 1);
    }
    return dots;
  });
}

function glyphWidth({ width }: CellSize): number {
  return width === 9 ? 8 : width;
}

function colourAt({ rgba, width }: Picture, x: number, y: number): number {
  const at = 4 * (y * width + x);
  return ((rgba[at] ?? 0) << 16) | ((rgba[at + 1] ?? 0) << 8) | (rgba[at + 2] ?? 0);
}

/** Each character has to look the same everywhere, or as its negative (where the background was guessed wrongly). */
function fontOf(cells: readonly Cell[], grid: Grid, name: string): LearnedFromScreen {
  const width = glyphWidth(grid);
  const mask = width === 32 ? 0xffffffff : 2 ** width - 1;
  const glyphs = new Map<string, Glyph>();
  for (const { character, row, column, rows } of cells) {
    const known = glyphs.get(character);
    if (known === undefined) {
      glyphs.set(character, { character, width, rows });
      continue;
    }
    const same = rows.every((dots, y) => dots === known.rows[y]);
    const negative = rows.every((dots, y) => (dots ^ mask) >>> 0 === known.rows[y]);
    if (!same && !negative) return { kind: 'contradiction', grid, character, row, column };
  }
  const sorted = [...glyphs.values()].toSorted((a, b) => (a.character < b.character ? -1 : 1));
  return {
    kind: 'learned',
    font: { name, width, height: grid.height, nineDots: width === 8, glyphs: sorted },
    grid,
  };
}
