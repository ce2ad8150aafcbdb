/** Pieces of text that were found, kept from picture to picture: only where something changed is looked again. */
import type { Region } from '../content.js';
import type { TextRow } from '../page.js';
import { gridOfPlacements, type FoundGrid, type Pixels } from './detect.js';
import { findBlendedLines } from './blended.js';
import { inkColours, inksOf } from './ink.js';
import { regionsOfPieces, rowsOfPieces } from './piece-rows.js';
import { findLetters, findPieces, withBlended, type InkPlacements, type Piece } from './pieces.js';
import type { ShapeTable } from './shapes.js';

/** Rows of pixels, `bottom` exclusive. */
export interface Band {
  top: number;
  bottom: number;
}

/** With a larger part changed it is another screen. */
const MAX_CHANGED = 0.5;

export class PieceText {
  private constructor(
    private readonly tables: readonly ShapeTable[],
    readonly pieces: readonly Piece[],
  ) {}

  /** Looks at a whole picture. The letters may turn out to be on a grid that explains it after all. */
  static find(picture: Pixels, tables: readonly ShapeTable[]): PieceText | FoundGrid {
    const letters = lettersIn(picture, { top: 0, bottom: picture.height }, tables, []);
    for (const table of tables) {
      const placements = letters.filter((each) => each.table === table).flatMap((each) => each.placements);
      const grid = gridOfPlacements(picture, table, placements);
      if (grid !== null) return grid;
    }
    const lines = findBlendedLines(picture, 0, picture.height, tables);
    return new PieceText(tables, withBlended(findPieces(picture, letters), lines));
  }

  /**
   * The text of a picture of the same size that differs in `changed` (ordered, apart).
   * @returns null when so much is different that it has to be looked at as a whole
   */
  update(picture: Pixels, changed: readonly Band[]): PieceText | null {
    const rows = changed.reduce((sum, { top, bottom }) => sum + bottom - top, 0);
    if (rows > MAX_CHANGED * picture.height) return null;
    const meets = (y: number, height: number) => changed.some(({ top, bottom }) => y < bottom && y + height > top);
    const kept = this.pieces.filter(({ line }) => !meets(line.y, line.table.height));
    const inks = new Set(this.pieces.flatMap(({ line, words }) => words.map(({ start }) => line.ink[start] ?? 0)));
    const tallest = Math.max(0, ...this.tables.map(({ height }) => height));
    const found: Piece[] = [];
    for (const { top, bottom } of changed) {
      const around = { top: Math.max(0, top - tallest + 1), bottom: Math.min(picture.height, bottom + tallest - 1) };
      const letters = lettersIn(picture, around, this.tables, [...inks]).map((each) => ({
        ...each,
        placements: each.placements.filter(({ y }) => y < bottom && y + each.table.height > top),
      }));
      const lines = findBlendedLines(picture, around.top, around.bottom, this.tables);
      const others = [...kept, ...found];
      const all = withBlended(
        [...others, ...findPieces(picture, letters, others)],
        lines.filter(({ y, table }) => y < bottom && y + table.height > top),
      );
      found.push(...all.filter((piece) => !others.includes(piece)));
    }
    const next = new PieceText(this.tables, [...kept, ...found]);
    // What is only now enough to show that it is a console is looked at as one.
    return kept.length > 0 && found.length === 0 ? next : next.mayBeGrid() && !this.mayBeGrid() ? null : next;
  }

  rows(picture: Pixels): TextRow[] {
    return rowsOfPieces(picture, this.pieces);
  }

  get covered(): Region[] {
    return regionsOfPieces(this.pieces);
  }

  get fonts(): string[] {
    return [...new Set(this.pieces.flatMap(({ line }) => line.table.fonts.map(({ name }) => name)))];
  }

  /** Whether all pieces are on one grid. */
  private mayBeGrid(): boolean {
    const [first, ...others] = this.pieces.map(({ line: { table, x, y } }) => ({ table, x, y: y % table.height }));
    return first !== undefined && others.length > 0 && others.every((each) => sameGrid(first, each));
  }
}

interface Phase {
  table: ShapeTable;
  x: number;
  y: number;
}

function sameGrid(a: Phase, b: Phase): boolean {
  return a.table === b.table && a.x === b.x && a.y === b.y;
}

function lettersIn(
  picture: Pixels,
  { top, bottom }: Band,
  tables: readonly ShapeTable[],
  known: readonly number[],
): InkPlacements[] {
  const { pixels, width } = picture;
  const colours = new Set([...known, ...inkColours(pixels, width, top, bottom, 1)]);
  return findLetters(picture, top, bottom, tables, inksOf(pixels, width, top, bottom, [...colours]));
}
