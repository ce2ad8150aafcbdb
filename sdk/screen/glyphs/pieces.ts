/**
 * Text that is on no grid of the whole screen: menus over pictures, labels. Found by its letters, each colour of ink on
 * its own; then the cells between and beside them are read; then what has too little evidence is dropped. A drawn line
 * is no `|`, and a dot no full stop, unless they stand in a text.
 */
import type { Region } from '../content.js';
import type { Pixels } from './detect.js';
import { believable, lettersOf, ONE_COLOUR, BLENDED, wordsOf, type Word } from './evidence.js';
import { LineReader, type Line } from './line.js';
import { type Ink } from './ink.js';
import { findPlacements, type Placement } from './placements.js';
import type { ShapeTable } from './shapes.js';

/** Words on one height, on one grid of their own. `start` and `end` (exclusive) are cells of the line. */
export interface Piece {
  line: Line;
  words: Word[];
}

export interface InkPlacements {
  table: ShapeTable;
  ink: Ink;
  placements: Placement[];
}

/** Every letter and digit in the rows `top` to `bottom`, for each font size and ink that has any. */
export function findLetters(
  { width }: Pixels,
  top: number,
  bottom: number,
  tables: readonly ShapeTable[],
  inks: readonly Ink[],
): InkPlacements[] {
  const all: InkPlacements[] = [];
  for (const table of tables) {
    for (const ink of inks) {
      const placements = findPlacements(ink, width, top, bottom, table);
      if (placements.length > 0) all.push({ table, ink, placements });
    }
  }
  return all;
}

/**
 * Puts letters together to pieces of text.
 * @param known pieces that stay as they are: others are found only where these are not
 */
export function findPieces(picture: Pixels, letters: readonly InkPlacements[], known: readonly Piece[] = []): Piece[] {
  const readers = new Map<ShapeTable, LineReader>();
  for (const { table } of letters) {
    if (readers.has(table)) continue;
    readers.set(table, new LineReader(picture, table, certainInks(picture, table, letters)));
  }
  const pieces: Piece[] = [];
  const taken = known.flatMap(({ line, words }) => words.map((word) => wordRegion(line, word)));
  for (const { table, x, y } of linesOf(letters)) {
    const line = readers.get(table)?.read(x, y);
    if (line === undefined) continue;
    const free = wordsOf(line).filter((word) => !taken.some((region) => overlap(region, wordRegion(line, word))));
    const words = believable(line, free, ONE_COLOUR);
    if (words.length === 0) continue;
    pieces.push({ line, words });
    for (const word of words) taken.push(wordRegion(line, word));
  }
  return pieces;
}

/**
 * The pieces with the text of `lines` of blended ink put in: where a line is new, and where an exact piece is part of
 * one, because its ink happens to be one colour in some of the cells.
 */
export function withBlended(pieces: readonly Piece[], lines: readonly Line[]): Piece[] {
  const all = pieces.slice();
  for (const line of lines) {
    const { table, x, y } = line;
    const same = all.findIndex(({ line: other }) => other.table === table && other.x === x && other.y === y);
    const exact = all[same];
    const merged = exact === undefined ? line : mergeLines(line, exact);
    const taken = all
      .filter((piece) => piece !== exact)
      .flatMap(({ line: other, words }) => words.map((word) => wordRegion(other, word)));
    const free = wordsOf(merged).filter((word) => !taken.some((region) => overlap(region, wordRegion(line, word))));
    const words = believable(merged, free, BLENDED);
    if (words.length === 0 || (exact !== undefined && sizeOf(words) <= sizeOf(exact.words))) continue;
    for (const word of words) evenInk(merged, word, exact);
    all.splice(same < 0 ? all.length : same, same < 0 ? 0 : 1, { line: merged, words });
  }
  return all;
}

function mergeLines(blended: Line, { line, words }: Piece): Line {
  const merged = { ...blended, shapes: blended.shapes.slice(), ink: blended.ink.slice() };
  for (const { start, end } of words) {
    merged.shapes.set(line.shapes.subarray(start, end), start);
    merged.ink.set(line.ink.subarray(start, end), start);
  }
  return merged;
}

function sizeOf(words: readonly Word[]): number {
  return words.reduce((sum, { start, end }) => sum + end - start, 0);
}

/** Gives a word of blended ink the mean of its cells' colours. */
function evenInk(line: Line, { start, end }: Word, exact: Piece | undefined): void {
  if (exact?.words.some((word) => word.start <= start && word.end >= end) === true) return;
  let [red, green, blue] = [0, 0, 0];
  for (const pixel of line.ink.subarray(start, end)) {
    red += pixel & 0xff;
    green += (pixel >>> 8) & 0xff;
    blue += (pixel >>> 16) & 0xff;
  }
  const mean = (sum: number) => Math.round(sum / (end - start));
  line.ink.fill((mean(red) | (mean(green) << 8) | (mean(blue) << 16) | 0xff000000) >>> 0, start, end);
}

/**
 * The inks that text is written in for certain: those that make a word, and those of letters right beside such words,
 * as the hot keys of menus are. Only these are looked for beside and between words.
 */
function certainInks(picture: Pixels, table: ShapeTable, letters: readonly InkPlacements[]): Ink[] {
  const own = letters.filter((each) => each.table === table);
  const words: Region[] = [];
  const certain = own.filter((each) => {
    const reader = new LineReader(picture, table, [each.ink]);
    const found = linesOf([each]).flatMap(({ x, y }) => {
      const line = reader.read(x, y);
      return wordsOf(line)
        .filter((word) => lettersOf(line, word).size >= ONE_COLOUR.letters)
        .map((word) => wordRegion(line, word));
    });
    words.push(...found);
    return found.length > 0;
  });
  const isBeside = ({ x, y, shape }: Placement) =>
    words.some((word) => {
      const [before, after] = [word.x - x, x - (word.x + word.width)];
      const width = shape >= table.firstWide ? 2 * table.width : table.width;
      return word.y === y && before % table.width === 0 && before <= width + table.width && after <= table.width;
    });
  return own.filter((each) => certain.includes(each) || each.placements.some(isBeside)).map(({ ink }) => ink);
}

function wordRegion({ table, x, y }: Line, { start, end }: Word): Region {
  return { x: x + start * table.width, y, width: (end - start) * table.width, height: table.height };
}

function overlap(a: Region, b: Region): boolean {
  return a.x < b.x + b.width && a.x + a.width > b.x && a.y < b.y + b.height && a.y + a.height > b.y;
}

/** Where letters stand on one line, a cell or several apart: the lines with most letters first. */
function linesOf(letters: readonly InkPlacements[]): { table: ShapeTable; x: number; y: number; count: number }[] {
  const lines = new Map<string, { table: ShapeTable; x: number; y: number; count: number }>();
  letters.forEach(({ table, placements }) => {
    for (const { x, y } of placements) {
      const key = `${table.height}x${table.width} ${y} ${x % table.width}`;
      const line = lines.get(key) ?? { table, x: x % table.width, y, count: 0 };
      line.count++;
      lines.set(key, line);
    }
  });
  return [...lines.values()].filter(({ count }) => count >= 2).sort((a, b) => b.count - a.count);
}
