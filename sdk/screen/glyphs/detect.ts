/** Finds the grid of a text console: its font's cell size, its origin, its size; and tells whether it explains the picture. */
import { makeCells, readCellRow, weighGrid, type Cells, type GridEvidence, type GridPlace } from './cells.js';
import { inkColours, makeInk, type Ink } from './ink.js';
import { findPlacements, type Placement } from './placements.js';
import type { ShapeTable } from './shapes.js';

/** A VGA text mode's picture is this wide: 80 columns of 9 dots. */
const NINE_DOT_WIDTH = 720;
const MIN_EXPLAINED = 0.75;
const MIN_LETTERS = 8;

/** Looking for the phase ends with so many letters at one phase, or after so many rows with ink. */
const ENOUGH_PLACEMENTS = 24;
const ROWS_TO_TRY = 96;
const INKS_TO_TRY = 3;

export interface FoundGrid {
  place: GridPlace;
  cells: Cells;
  /** Index of the font that explains most cells. */
  font: number;
}

/** The pixels of a whole picture. */
export interface Pixels {
  pixels: Uint32Array;
  width: number;
  height: number;
}

export function detectGrid(picture: Pixels, tables: readonly ShapeTable[]): FoundGrid | null {
  if (picture.width === NINE_DOT_WIDTH) {
    for (const table of tables) {
      if (picture.height % table.height !== 0 || !table.fonts.some(({ nineDots }) => nineDots)) continue;
      const place = gridAt(picture, table, 0, 0, table.width + 1);
      const cells = readGrid(picture, place);
      const evidence = weighGrid(cells, table);
      if (explainsTextMode(evidence)) return { place, cells, font: bestFont(evidence) };
    }
  }
  const { pixels, width, height } = picture;
  const colours = inkColours(pixels, width, 0, height, 3).slice(0, INKS_TO_TRY);
  for (const colour of colours) {
    const ink = makeInk(pixels, width, colour);
    for (const table of tables) {
      const found = gridOfPlacements(picture, table, samplePlacements(picture, ink, table));
      if (found !== null) return found;
    }
  }
  return null;
}

/** The grid that letters found in a picture are on, if most of them are on one and it explains the picture. */
export function gridOfPlacements(
  picture: Pixels,
  table: ShapeTable,
  placements: readonly Placement[],
): FoundGrid | null {
  const phase = commonPhase(placements, table);
  if (phase === null) return null;
  const place = gridAt(picture, table, phase.x, phase.y, table.width);
  const cells = readGrid(picture, place);
  const evidence = weighGrid(cells, table);
  return explainsPicture(evidence) ? { place, cells, font: bestFont(evidence) } : null;
}

function samplePlacements({ width, height }: Pixels, ink: Ink, table: ShapeTable): Placement[] {
  let rows = 0;
  return findPlacements(ink, width, 0, height, table, (found) => {
    rows++;
    if (rows >= (found.length === 0 ? ROWS_TO_TRY : 3 * ROWS_TO_TRY)) return true;
    return found.length >= ENOUGH_PLACEMENTS && commonPhase(found, table) !== null;
  });
}

/** The phase of at least half of the placements; null when they are too few or too much the same. */
function commonPhase(placements: readonly Placement[], table: ShapeTable): { x: number; y: number } | null {
  const votes = new Map<number, { count: number; shapes: Set<number> }>();
  for (const { x, y, shape } of placements) {
    const phase = (y % table.height) * table.width + (x % table.width);
    const vote = votes.get(phase) ?? { count: 0, shapes: new Set() };
    vote.count++;
    vote.shapes.add(shape);
    votes.set(phase, vote);
  }
  for (const [phase, { count, shapes }] of votes) {
    if (2 * count < placements.length || shapes.size < MIN_LETTERS) continue;
    return { x: phase % table.width, y: Math.floor(phase / table.width) };
  }
  return null;
}

function gridAt({ width, height }: Pixels, table: ShapeTable, x: number, y: number, advance: number): GridPlace {
  const columns = Math.floor((width - x) / advance);
  return { table, x, y, advance, columns, rows: Math.floor((height - y) / table.height) };
}

function readGrid({ pixels, width }: Pixels, place: GridPlace): Cells {
  const cells = makeCells(place);
  for (let row = 0; row < place.rows; row++) readCellRow(pixels, width, place, row, cells);
  return cells;
}

/** A picture of a text mode's size is one unless it looks otherwise. */
function explainsTextMode({ filled, explained, strong }: GridEvidence): boolean {
  return explained === filled || (strong > 0 && explained >= MIN_EXPLAINED * filled);
}

/** Any other has to show that it is one. */
function explainsPicture({ filled, explained, distinctLetters }: GridEvidence): boolean {
  return distinctLetters >= MIN_LETTERS && explained >= MIN_EXPLAINED * filled;
}

/** Whether a grid that was found in an earlier picture explains the next one of the same size. */
export function stillExplains({ place }: FoundGrid, evidence: GridEvidence): boolean {
  if (explainsPicture(evidence)) return true;
  if (place.advance !== place.table.width) return explainsTextMode(evidence);
  return evidence.explained === evidence.filled && (evidence.filled === 0 || evidence.strong > 0);
}

export function bestFont({ byFont }: GridEvidence): number {
  return byFont.indexOf(Math.max(...byFont));
}
