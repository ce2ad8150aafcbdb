/**
 * A screen's text as stretches in which something can be found. Each keeps, for every character, the cell that it is
 * in, so that what is found in a changed text (white space collapsed, rows joined) is still a place on the screen.
 */
import { isBoxDrawing } from './charmap.js';
import type { CellGrid } from './frame.js';

export interface TextRun {
  text: string;
  /** Cell of each UTF-16 unit: `row * columns + column`. Never decreases. */
  cells: number[];
}

/** One row, without the blanks at its right end. */
export function rowRun(grid: CellGrid, row: number): TextRun {
  const text = (grid.lines[row] ?? '').trimEnd();
  return { text, cells: Array.from(text, (_, column) => row * grid.columns + column) };
}

/** All rows, joined with newlines (which count as the cell before them). */
export function screenRun(grid: CellGrid): TextRun {
  return join(
    Array.from({ length: grid.rows }, (_, row) => rowRun(grid, row)),
    '\n',
  );
}

/** Lines that were longer than the screen is wide, each joined again. Only lines of at least two rows. */
export function wrappedRuns(grid: CellGrid): TextRun[] {
  const runs: TextRun[] = [];
  for (let first = 0; first < grid.rows - 1; first++) {
    let last = first;
    while (last + 1 < grid.rows && wraps(grid, last)) last++;
    if (last === first) continue;
    runs.push(wrappedRun(grid, first, last));
    first = last;
  }
  return runs;
}

function wrappedRun(grid: CellGrid, first: number, last: number): TextRun {
  const rows = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  return join(
    rows.map((row) => {
      const run = rowRun(grid, row);
      // A blank in the last column belongs to the line: the next row goes on after it.
      if (row === last || run.text.length === grid.columns) return run;
      return { text: run.text + ' ', cells: [...run.cells, (row + 1) * grid.columns - 1] };
    }),
    '',
  );
}

/** Whether a row's text goes on in the next: it reaches the right edge, or would but for one blank, and is no border. */
function wraps(grid: CellGrid, row: number): boolean {
  const line = grid.lines[row] ?? '';
  const next = grid.lines[row + 1]?.charAt(0) ?? ' ';
  if (next === ' ' || isBoxDrawing(next)) return false;
  const end = line.trimEnd();
  return end.length >= grid.columns - 1 && !isBoxDrawing(end.charAt(end.length - 1));
}

/** Pieces of a run between box-drawing characters: the texts of the boxes on a row. */
export function betweenBorders(run: TextRun): TextRun[] {
  const pieces: TextRun[] = [];
  let start = 0;
  for (let i = 0; i <= run.text.length; i++) {
    if (i < run.text.length && !isBoxDrawing(run.text.charAt(i))) continue;
    if (i > start) pieces.push(slice(run, start, i));
    start = i + 1;
  }
  return pieces;
}

/** Runs of blanks become one; blanks around newlines and at both ends go. */
export function collapse(run: TextRun): TextRun {
  let text = '';
  const cells: number[] = [];
  for (let i = 0; i < run.text.length; i++) {
    const character = run.text.charAt(i);
    const last = text.charAt(text.length - 1);
    if (isBlank(character) && (text === '' || last === ' ' || last === '\n')) continue;
    if (character === '\n' && last === ' ') {
      text = text.slice(0, -1);
      cells.pop();
    }
    text += isBlank(character) ? ' ' : character;
    cells.push(run.cells[i] ?? 0);
  }
  return text.endsWith(' ') ? { text: text.slice(0, -1), cells: cells.slice(0, -1) } : { text, cells };
}

/** The same for a pattern. */
export function collapseText(text: string): string {
  return collapse({ text: text.replaceAll('\r\n', '\n'), cells: [] }).text.replace(/^\n+|\n+$/g, '');
}

/** Without blanks and box-drawing characters at both ends. */
export function withoutBorders(run: TextRun): TextRun {
  let start = 0;
  let end = run.text.length;
  while (start < end && isEdge(run.text.charAt(start))) start++;
  while (end > start && isEdge(run.text.charAt(end - 1))) end--;
  return slice(run, start, end);
}

export function slice(run: TextRun, start: number, end: number): TextRun {
  return { text: run.text.slice(start, end), cells: run.cells.slice(start, end) };
}

function join(runs: TextRun[], separator: string): TextRun {
  let text = '';
  const cells: number[] = [];
  runs.forEach((run, i) => {
    if (i > 0 && separator !== '') {
      text += separator;
      cells.push(cells[cells.length - 1] ?? 0);
    }
    text += run.text;
    for (const cell of run.cells) cells.push(cell);
  });
  return { text, cells };
}

function isBlank(character: string): boolean {
  return character === ' ' || character === '\t' || character === '\u00a0';
}

function isEdge(character: string): boolean {
  return isBlank(character) || isBoxDrawing(character);
}
