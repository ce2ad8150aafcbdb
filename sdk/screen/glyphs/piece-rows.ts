/** Rows of text out of pieces: what stands on one height becomes one row, with blanks for the gaps. */
import type { Region } from '../content.js';
import type { TextRow } from '../page.js';
import { BLANK } from './cells.js';
import type { Pixels } from './detect.js';
import type { Piece } from './pieces.js';
import { rowOf } from './rows.js';
import type { ShapeTable } from './shapes.js';

/** Blank cells between two words up to which the ground between them is accounted for. */
const SPACING = 2;

/** The rows in reading order. A piece is read once for a font: rows of pieces that were kept are the same objects. */
export function rowsOfPieces(picture: Pixels, pieces: readonly Piece[]): TextRow[] {
  const fonts = new Map<ShapeTable, number>();
  for (const { line } of pieces) {
    if (!fonts.has(line.table)) fonts.set(line.table, commonFont(line.table, pieces));
  }
  const rows = pieces.map((piece) => {
    const font = fonts.get(piece.line.table) ?? 0;
    const known = rowsRead.get(piece);
    if (known?.font === font) return known.row;
    const row = rowOfPiece(picture, piece, font);
    rowsRead.set(piece, { font, row });
    return row;
  });
  rows.sort((a, b) => a.y - b.y || (a.edges[0] ?? 0) - (b.edges[0] ?? 0));
  const joined: TextRow[] = [];
  for (const row of rows) {
    const last = joined.at(-1);
    if (last !== undefined && last.y === row.y && last.height === row.height)
      joined[joined.length - 1] = join(last, row);
    else joined.push(row);
  }
  return joined;
}

const rowsRead = new WeakMap<Piece, { font: number; row: TextRow }>();

/** The words of pieces, with the blanks between them. */
export function regionsOfPieces(pieces: readonly Piece[]): Region[] {
  return pieces.flatMap(({ line, words }) => {
    const { table } = line;
    const regions: Region[] = [];
    for (const { start, end } of words) {
      const [left, right] = [line.x + start * table.width, line.x + end * table.width];
      const last = regions.at(-1);
      if (last !== undefined && left - (last.x + last.width) <= SPACING * table.width) last.width = right - last.x;
      else regions.push({ x: left, y: line.y, width: right - left, height: table.height });
    }
    return regions;
  });
}

/** The font that has most of the shapes that were found. */
function commonFont(table: ShapeTable, pieces: readonly Piece[]): number {
  const counts = table.fonts.map(() => 0);
  for (const { line, words } of pieces) {
    if (line.table !== table) continue;
    for (const { start, end } of words) {
      for (let i = start; i < end; i++) {
        const inFonts = table.inFonts[line.shapes[i] ?? -1] ?? 0;
        for (let font = 0; font < counts.length; font++)
          if ((inFonts >> font) & 1) counts[font] = (counts[font] ?? 0) + 1;
      }
    }
  }
  return counts.indexOf(Math.max(...counts));
}

function rowOfPiece(picture: Pixels, { line, words }: Piece, font: number): TextRow {
  const first = words[0]?.start ?? 0;
  const end = words.at(-1)?.end ?? 0;
  const count = end - first;
  const run = {
    shapes: new Int32Array(count).fill(BLANK),
    ink: new Uint32Array(count),
    ground: new Uint32Array(count),
  };
  let before = 0;
  for (const word of words) {
    const ground = groundOf(picture, line, word);
    for (let i = word.start; i < word.end; i++) {
      run.shapes[i - first] = line.shapes[i] ?? BLANK;
      run.ink[i - first] = line.ink[i] ?? 0;
    }
    run.ground.fill(ground, before, word.end - first);
    before = word.end - first;
  }
  const { table, y } = line;
  return rowOf({ table, font, x: line.x + first * table.width, y, advance: table.width, ...run, wraps: false });
}

/** The most common colour behind a word. */
function groundOf(
  { pixels, width }: Pixels,
  { table, x, y, ink }: Piece['line'],
  word: { start: number; end: number },
): number {
  const counts = new Map<number, number>();
  let best = 0;
  let most = 0;
  for (let cell = word.start; cell < word.end; cell++) {
    for (let row = 0; row < table.height; row += 2) {
      const at = (y + row) * width + x + cell * table.width;
      for (let i = 0; i < table.width; i++) {
        const colour = pixels[at + i] ?? 0;
        if (colour === ink[cell]) continue;
        const count = (counts.get(colour) ?? 0) + 1;
        counts.set(colour, count);
        if (count > most) [best, most] = [colour, count];
      }
    }
  }
  return best;
}

/** Two rows of one height side by side, `right` after `left`, with as many blanks between as fit. */
function join(left: TextRow, right: TextRow): TextRow {
  const from = left.edges[left.text.length] ?? 0;
  const to = right.edges[0] ?? from;
  const width = ((right.edges[right.text.length] ?? to) - to) / Math.max(1, right.text.length);
  const blanks = Math.max(1, Math.round((to - from) / width));
  const edges = Array.from(left.edges);
  for (let i = 1; i < blanks; i++) edges.push(Math.round(from + (i * (to - from)) / blanks));
  for (let i = 0; i <= right.text.length; i++) edges.push(right.edges[i] ?? to);
  const offset = left.text.length + blanks;
  const colours = right.colours.map((run) => ({ ...run, start: run.start + offset, end: run.end + offset }));
  return { ...left, text: left.text + ' '.repeat(blanks) + right.text, edges, colours: [...left.colours, ...colours] };
}
