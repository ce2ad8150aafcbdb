/**
 * Text that is on no grid of the whole screen: menus over pictures, labels. Found by its letters, each colour of ink on
 * its own; then the cells between and beside them are read; then what has too little evidence is dropped. A drawn line
 * is no `|`, and a dot no full stop, unless they stand in a text.
 */
import type { Region } from '../content.js';
import { BLANK, RIGHT_HALF, UNKNOWN } from './cells.js';
import type { Pixels } from './detect.js';
import { LineReader, type Line } from './line.js';
import { type Ink } from './ink.js';
import { findPlacements, type Placement } from './placements.js';
import { STRONG, STRUCTURED, type ShapeTable } from './shapes.js';

/** Blank cells within which signs belong to the words beside them. */
const NEAR = 3;

/** Words on one height, on one grid of their own. `start` and `end` (exclusive) are cells of the line. */
export interface Piece {
  line: Line;
  words: Word[];
}

interface Word {
  start: number;
  end: number;
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
    const words = believable(line, free);
    if (words.length === 0) continue;
    pieces.push({ line, words });
    for (const word of words) taken.push(wordRegion(line, word));
  }
  return pieces;
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
        .filter((word) => lettersOf(line, word).size >= 2)
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
    for (const { x, y, shape } of placements) {
      const key = `${table.height}x${table.width} ${y} ${x % table.width}`;
      const line = lines.get(key) ?? { table, x: x % table.width, y, count: 0 };
      line.count += shape >= table.firstWide ? 2 : 1;
      lines.set(key, line);
    }
  });
  return [...lines.values()].filter(({ count }) => count >= 2).sort((a, b) => b.count - a.count);
}

/** Cells without a gap. */
function wordsOf({ shapes }: Line): Word[] {
  const words: Word[] = [];
  for (let start = 0; start < shapes.length; start++) {
    if (!isText(shapes[start])) continue;
    let end = start + 1;
    while (end < shapes.length && isText(shapes[end])) end++;
    words.push({ start, end });
    start = end;
  }
  return words;
}

function isText(shape: number | undefined): boolean {
  return shape !== undefined && shape !== BLANK && shape !== UNKNOWN;
}

/**
 * The words of a line that are text beyond doubt: those with two different letters that nothing else looks like; near
 * them anything; far from them what has some structure, in a colour that is used on the line.
 */
function believable(line: Line, words: readonly Word[]): Word[] {
  const certain = words.map((word) => lettersOf(line, word).size >= 2);
  const scattered = new Set(words.flatMap((word) => [...lettersOf(line, word)])).size >= 3;
  if (!certain.includes(true) && !scattered) return [];
  const accepted = words.map((word, i) => certain[i] === true || lettersOf(line, word).size > 0);
  const inks = new Set(words.filter((_, i) => accepted[i]).flatMap(({ start }) => line.ink[start] ?? []));
  words.forEach((word, i) => {
    if (isStructured(line, word) && inks.has(line.ink[word.start] ?? 0)) accepted[i] = true;
  });
  // From accepted words outwards, both ways.
  for (const order of [words.map((_, i) => i), words.map((_, i) => words.length - 1 - i)]) {
    let last: Word | undefined;
    for (const i of order) {
      const word = words[i];
      if (word === undefined) continue;
      const gap = last === undefined ? Infinity : Math.max(word.start - last.end, last.start - word.end);
      if (gap <= NEAR && inks.has(line.ink[word.start] ?? 0)) accepted[i] = true;
      if (accepted[i] === true) last = word;
    }
  }
  return words.filter((_, i) => accepted[i]);
}

/** Its letters that nothing else looks like. A wide one counts as two. */
function lettersOf({ shapes, table }: Line, { start, end }: Word): Set<number> {
  const letters = new Set<number>();
  for (let i = start; i < end; i++) {
    const shape = shapes[i] ?? BLANK;
    if (shape < 0 || ((table.flags[shape] ?? 0) & STRONG) === 0) continue;
    letters.add(shape);
    if (shape >= table.firstWide) letters.add(-1 - shape);
  }
  return letters;
}

function isStructured({ shapes, table }: Line, { start, end }: Word): boolean {
  for (let i = start; i < end; i++) {
    const shape = shapes[i] ?? BLANK;
    if (shape !== RIGHT_HALF && shape >= 0 && ((table.flags[shape] ?? 0) & STRUCTURED) !== 0) return true;
  }
  return false;
}
