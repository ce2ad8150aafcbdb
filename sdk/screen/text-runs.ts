/**
 * A screen's text as stretches in which something can be found. Each keeps, for every character, its place in the page,
 * so that what is found in a changed text (white space collapsed, rows joined) is still a place on the screen.
 */
import { isBoxDrawing } from './charmap.js';
import type { TextPage } from './page.js';

/** Places of one row; no row has as many characters. */
const ROW = 0x10000;

/** Where a character stands: `rowOf` and `unitOf` take it apart. Places never decrease in reading order. */
export type Place = number;

export function placeAt(row: number, unit: number): Place {
  return row * ROW + unit;
}

export function rowOf(place: Place): number {
  return Math.floor(place / ROW);
}

export function unitOf(place: Place): number {
  return place % ROW;
}

export interface TextRun {
  text: string;
  /** Place of each UTF-16 unit. Never decreases. */
  cells: Place[];
}

/** One row, without the blanks at its right end. */
export function rowRun({ rows }: TextPage, row: number): TextRun {
  const text = (rows[row]?.text ?? '').trimEnd();
  const cells: Place[] = [];
  for (let unit = 0; unit < text.length; unit++) cells.push(placeAt(row, unit));
  return { text, cells };
}

/** Every row. */
export function rowRuns(page: TextPage): TextRun[] {
  return page.rows.map((_, row) => rowRun(page, row));
}

/** All rows, joined with newlines (which count as the place before them). */
export function screenRun(page: TextPage): TextRun {
  return join(rowRuns(page), '\n');
}

/** Lines that were longer than the screen is wide, each joined again. Only lines of at least two rows. */
export function wrappedRuns(page: TextPage): TextRun[] {
  const runs: TextRun[] = [];
  for (let first = 0; first < page.rows.length - 1; first++) {
    let last = first;
    while (last + 1 < page.rows.length && wraps(page, last)) last++;
    if (last === first) continue;
    runs.push(wrappedRun(page, first, last));
    first = last;
  }
  return runs;
}

function wrappedRun(page: TextPage, first: number, last: number): TextRun {
  const rows = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  return join(
    rows.map((row) => {
      const run = rowRun(page, row);
      const columns = page.rows[row]?.text.length ?? 0;
      // A blank in the last column belongs to the line: the next row goes on after it.
      if (row === last || run.text.length === columns) return run;
      return { text: run.text + ' ', cells: [...run.cells, placeAt(row, columns - 1)] };
    }),
    '',
  );
}

/** Whether a row's text goes on in the next: it reaches the right edge, or would but for one blank, and is no border. */
function wraps({ rows }: TextPage, row: number): boolean {
  const [upper, lower] = [rows[row], rows[row + 1]];
  if (upper === undefined || lower === undefined || !upper.wraps) return false;
  const next = lower.text.charAt(0) || ' ';
  if (next === ' ' || isBoxDrawing(next)) return false;
  const end = upper.text.trimEnd();
  return end.length >= upper.text.length - 1 && !isBoxDrawing(end.charAt(end.length - 1));
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
