/**
 * The cells of a grid: each read on its own, from its pixels to a shape of the fonts and two colours. A cell of a
 * console has at most two colours, any two, and which of them is the ink is known only once its shape is found.
 */
import { cursorIn } from './cursor.js';
import { GRAPHICS, HASH_STEP, LETTER, STRONG, wideHash, type ShapeTable } from './shapes.js';

/** Values of {@link Cells.shapes} that are not shapes. */
export const BLANK = -1;
export const UNKNOWN = -2;
/** The right half of the wide shape before it. */
export const RIGHT_HALF = -3;

export interface GridPlace {
  table: ShapeTable;
  /** Pixels: the left and upper edge of the first cell, and from one cell to the next. */
  x: number;
  y: number;
  advance: number;
  columns: number;
  rows: number;
}

/** What was read, by cell: `row * columns + column`. */
export interface Cells {
  shapes: Int32Array;
  ink: Uint32Array;
  ground: Uint32Array;
}

export function makeCells({ columns, rows }: { columns: number; rows: number }): Cells {
  const count = columns * rows;
  return { shapes: new Int32Array(count), ink: new Uint32Array(count), ground: new Uint32Array(count) };
}

/** One cell's pixels as bits: a pixel is set when it has not the colour of the cell's first. Reused from cell to cell. */
export interface CellBits {
  bits: Uint32Array;
  hash: number;
  first: number;
  /** The other colour; `first` when there is none. */
  other: number;
  /** There is a third colour. */
  mixed: boolean;
  /** Of the ninth column: all as `first`, all as `other`, all as the eighth. */
  ninthFirst: boolean;
  ninthOther: boolean;
  ninthRepeats: boolean;
}

export function makeCellBits(height: number): CellBits {
  return {
    bits: new Uint32Array(height),
    hash: 0,
    first: 0,
    other: 0,
    mixed: false,
    ninthFirst: true,
    ninthOther: true,
    ninthRepeats: true,
  };
}

/** Reads one row of the grid into `cells`. */
export function readCellRow(pixels: Uint32Array, stride: number, place: GridPlace, row: number, cells: Cells): void {
  const { table, columns } = place;
  const at = (place.y + row * table.height) * stride + place.x;
  const cell = makeCellBits(table.height);
  let unknown = 0;
  for (let column = 0, out = row * columns; column < columns; column++, out++) {
    readCell(pixels, stride, at + column * place.advance, place, cell);
    unknown += matchCell(cell, place, cells, out, column > 0 ? (cells.ground[out - 1] ?? 0) : cell.first);
  }
  if (unknown > 0) explainUnknown(pixels, stride, place, row, cells);
}

function readCell(pixels: Uint32Array, stride: number, at: number, place: GridPlace, cell: CellBits): void {
  const { width, height } = place.table;
  const { bits } = cell;
  const first = pixels[at] ?? 0;
  let other = first;
  let hash = 0;
  cell.first = first;
  cell.mixed = false;
  for (let y = 0, p = at; y < height; y++, p += stride) {
    let row = 0;
    if (width === 8) {
      // Most rows of most cells are blank: one test for all eight pixels.
      const a = pixels[p] ?? 0;
      const b = pixels[p + 1] ?? 0;
      const c = pixels[p + 2] ?? 0;
      const d = pixels[p + 3] ?? 0;
      const e = pixels[p + 4] ?? 0;
      const f = pixels[p + 5] ?? 0;
      const g = pixels[p + 6] ?? 0;
      const h = pixels[p + 7] ?? 0;
      const x = first;
      if (((a ^ x) | (b ^ x) | (c ^ x) | (d ^ x) | (e ^ x) | (f ^ x) | (g ^ x) | (h ^ x)) !== 0) {
        if (other === x)
          other = a !== x ? a : b !== x ? b : c !== x ? c : d !== x ? d : e !== x ? e : f !== x ? f : g !== x ? g : h;
        const o = other;
        if (
          (a !== x && a !== o) ||
          (b !== x && b !== o) ||
          (c !== x && c !== o) ||
          (d !== x && d !== o) ||
          (e !== x && e !== o) ||
          (f !== x && f !== o) ||
          (g !== x && g !== o) ||
          (h !== x && h !== o)
        ) {
          cell.mixed = true;
          break;
        }
        row =
          (a === o ? 128 : 0) |
          (b === o ? 64 : 0) |
          (c === o ? 32 : 0) |
          (d === o ? 16 : 0) |
          (e === o ? 8 : 0) |
          (f === o ? 4 : 0) |
          (g === o ? 2 : 0) |
          (h === o ? 1 : 0);
      }
    } else {
      for (let x = 0; x < width; x++) {
        const pixel = pixels[p + x] ?? 0;
        row <<= 1;
        if (pixel === first) continue;
        if (other === first) other = pixel;
        else if (pixel !== other) cell.mixed = true;
        row |= 1;
      }
      if (cell.mixed) break;
    }
    bits[y] = row;
    hash = (Math.imul(hash, HASH_STEP) + row) | 0;
  }
  cell.other = other;
  cell.hash = hash;
  if (place.advance > width && !cell.mixed) readNinth(pixels, stride, at + width, height, cell);
}

function readNinth(pixels: Uint32Array, stride: number, at: number, height: number, cell: CellBits): void {
  const { first, bits } = cell;
  let { other } = cell;
  cell.ninthFirst = cell.ninthOther = cell.ninthRepeats = true;
  for (let y = 0, p = at; y < height; y++, p += stride) {
    const pixel = pixels[p] ?? 0;
    if (pixel === first) {
      cell.ninthOther = false;
      if (((bits[y] ?? 0) & 1) !== 0) cell.ninthRepeats = false;
    } else {
      if (other === first) other = cell.other = pixel;
      if (pixel !== other) cell.mixed = true;
      cell.ninthFirst = false;
      if (((bits[y] ?? 0) & 1) === 0) cell.ninthRepeats = false;
    }
  }
}

/** @returns 1 when the cell is not explained */
function matchCell(cell: CellBits, { table, advance }: GridPlace, cells: Cells, out: number, ground: number): number {
  const { first, other, hash, bits } = cell;
  cells.ink[out] = other;
  cells.ground[out] = first;
  cells.shapes[out] = UNKNOWN;
  if (cell.mixed) return 1;
  const nine = advance > table.width;
  if (hash === 0 && (!nine || cell.ninthFirst)) {
    cells.shapes[out] = BLANK;
    return 0;
  }
  const full = 2 ** table.width - 1;
  const plain = fits(table, table.find(hash, bits, 0), nine, cell.ninthFirst, cell.ninthRepeats);
  const inverse = fits(
    table,
    table.find((table.fullHash - hash) | 0, bits, full),
    nine,
    cell.ninthOther,
    cell.ninthRepeats,
  );
  if (plain < 0 && inverse < 0) return 1;
  // Halves of blocks are each other's inverse: what is behind the cell before is behind this one.
  if (inverse >= 0 && (plain < 0 || (other === ground && first !== ground))) {
    cells.shapes[out] = inverse;
    cells.ink[out] = first;
    cells.ground[out] = other;
  } else {
    cells.shapes[out] = plain;
  }
  return 0;
}

function fits(table: ShapeTable, shape: number, nine: boolean, ninthBlank: boolean, ninthRepeats: boolean): number {
  if (shape < 0 || !nine || ninthBlank) return shape;
  return ninthRepeats && ((table.flags[shape] ?? 0) & GRAPHICS) !== 0 ? shape : -1;
}

/** The second look at a row with unknown cells: wide characters, and the cell that the cursor is in. */
function explainUnknown(pixels: Uint32Array, stride: number, place: GridPlace, row: number, cells: Cells): void {
  const { table, columns, advance } = place;
  const at = (place.y + row * table.height) * stride + place.x;
  const start = row * columns;
  if (table.hasWide && advance === table.width) {
    const left = makeCellBits(table.height);
    const right = makeCellBits(table.height);
    for (let column = 0; column + 1 < columns; column++) {
      const [one, two] = [cells.shapes[start + column] ?? 0, cells.shapes[start + column + 1] ?? 0];
      if (one !== UNKNOWN && two !== UNKNOWN) continue;
      if (one === RIGHT_HALF || two >= table.firstWide) continue;
      readCell(pixels, stride, at + column * advance, place, left);
      readCell(pixels, stride, at + (column + 1) * advance, place, right);
      if (matchWide(left, right, table, cells, start + column)) column++;
    }
  }
  for (let column = 0; column < columns; column++) {
    if (cells.shapes[start + column] !== UNKNOWN) continue;
    const cell = makeCellBits(table.height);
    readCell(pixels, stride, at + column * advance, place, cell);
    const ground = cells.ground[start + (column > 0 ? column - 1 : column + 1)] ?? 0;
    const found = cell.mixed ? null : cursorIn(cell, table, ground);
    if (found === null) continue;
    cells.shapes[start + column] = found.shape;
    cells.ink[start + column] = found.ink;
    cells.ground[start + column] = found.ground;
  }
}

function matchWide(left: CellBits, right: CellBits, table: ShapeTable, cells: Cells, out: number): boolean {
  if (left.mixed || right.mixed) return false;
  const full = 2 ** table.width - 1;
  for (const ground of [left.first, left.other]) {
    const ink = ground === left.first ? left.other : left.first;
    const invertLeft = ground === left.first ? 0 : full;
    const invertRight = ground === right.first ? 0 : full;
    if (invertRight !== 0 && right.other !== ground) continue;
    const rightInk = invertRight === 0 ? right.other : right.first;
    // A half without ink has one colour only.
    if (ink !== ground && rightInk !== ground && rightInk !== ink) continue;
    const leftHash = invertLeft === 0 ? left.hash : (table.fullHash - left.hash) | 0;
    const rightHash = invertRight === 0 ? right.hash : (table.fullHash - right.hash) | 0;
    const shape = table.findWide(wideHash(leftHash, rightHash), left.bits, right.bits, invertLeft, invertRight);
    if (shape < 0) continue;
    cells.shapes[out] = shape;
    cells.shapes[out + 1] = RIGHT_HALF;
    cells.ink[out] = cells.ink[out + 1] = ink === ground ? rightInk : ink;
    cells.ground[out] = cells.ground[out + 1] = ground;
    return true;
  }
  return false;
}

/** How well a grid explains a picture. */
export interface GridEvidence {
  /** Cells with something in them, and those of them that are explained. */
  filled: number;
  explained: number;
  strong: number;
  distinctLetters: number;
  /** By font of the table: how many cells it explains. */
  byFont: number[];
}

export function weighGrid({ shapes }: Cells, table: ShapeTable): GridEvidence {
  const byFont = table.fonts.map(() => 0);
  const letters = new Set<number>();
  let [filled, explained, strong] = [0, 0, 0];
  for (const shape of shapes) {
    if (shape === BLANK || shape === RIGHT_HALF) continue;
    filled++;
    if (shape < 0) continue;
    explained++;
    const flags = table.flags[shape] ?? 0;
    if ((flags & LETTER) !== 0) letters.add(shape);
    if ((flags & STRONG) !== 0) strong++;
    const inFonts = table.inFonts[shape] ?? 0;
    for (let font = 0; font < byFont.length; font++) if ((inFonts >> font) & 1) byFont[font] = (byFont[font] ?? 0) + 1;
  }
  return { filled, explained, strong, distinctLetters: letters.size, byFont };
}
