/** Finding text in a text screen's cells: exact, without recognising anything. */
import { GuestwrightError } from '../errors.js';
import type { TextMatch } from '../machine/types.js';
import type { Region } from './content.js';
import type { CellGrid } from './frame.js';
import {
  betweenBorders,
  collapse,
  collapseText,
  rowRun,
  screenRun,
  withoutBorders,
  wrappedRuns,
  type TextRun,
} from './text-runs.js';

export { nearestMiss, type NearestMiss } from './nearest-miss.js';
export { wordScreen } from './word-screen.js';

export interface FindTextOptions {
  /** The text must be all that stands on its row, or between two borders on it. Default: a part of a row is enough. */
  exact?: boolean;
}

/**
 * All places of a text, in reading order.
 *
 * A string is compared case-sensitively, runs of blanks counting as one blank. It is found within a row, in a line that
 * goes on over the right edge of the screen, and, where it holds newlines, over several rows. With `exact` it must be
 * the row's whole text, or all that stands between two borders of box-drawing characters.
 *
 * A regular expression is matched row by row, `^` and `$` being the row's ends; a row ends after its last visible
 * character, or one blank later (so both `/grub>$/` and `/grub> $/` match a prompt). Only where no row matches, it is
 * matched against all rows joined with newlines. `g` and `y` are ignored, empty matches do not count; `exact` has no
 * effect.
 *
 * A match over several rows has the smallest rectangle around it as its region.
 *
 * @throws GuestwrightError `usage/text-pattern-empty`
 */
export function findText(grid: CellGrid, pattern: string | RegExp, options: FindTextOptions = {}): TextMatch[] {
  const found =
    typeof pattern === 'string' ? findString(grid, pattern, options.exact ?? false) : findRegExp(grid, pattern);
  const inReadingOrder = found.sort((a, b) => (a.cells[0] ?? 0) - (b.cells[0] ?? 0));
  return inReadingOrder.map((run) => ({ text: run.text, region: regionOf(grid, run.cells), rung: 'cells' }));
}

/** Rectangle in pixels around cells of one or more rows. */
export function regionOf(grid: CellGrid, cells: readonly number[]): Region {
  let left = grid.columns;
  let right = 0;
  const top = Math.floor((cells[0] ?? 0) / grid.columns);
  const bottom = Math.floor((cells[cells.length - 1] ?? 0) / grid.columns);
  for (const cell of cells) {
    left = Math.min(left, cell % grid.columns);
    right = Math.max(right, cell % grid.columns);
  }
  return {
    x: left * grid.cellWidth,
    y: top * grid.cellHeight,
    width: (right - left + 1) * grid.cellWidth,
    height: (bottom - top + 1) * grid.cellHeight,
  };
}

function findString(grid: CellGrid, pattern: string, exact: boolean): TextRun[] {
  const wanted = collapseText(pattern);
  if (wanted === '') {
    throw new GuestwrightError('An empty text cannot be found on a screen', {
      kind: 'usage',
      code: 'text-pattern-empty',
      expected: 'a text with at least one visible character',
      seen: JSON.stringify(pattern),
      next: 'give the text that should be on the screen; for a blank screen compare screen.text() with an empty string',
    });
  }
  if (wanted.includes('\n')) return occurrences(collapse(screenRun(grid)), wanted);
  const rows = Array.from({ length: grid.rows }, (_, row) => rowRun(grid, row));
  const find = exact
    ? (run: TextRun) => wholeTexts(run).filter(({ text }) => text === wanted)
    : (run: TextRun) => occurrences(collapse(run), wanted);
  const inRows = rows.flatMap(find);
  const acrossEdge = wrappedRuns(grid)
    .flatMap(find)
    .filter((run) => rowsOf(grid, run) > 1);
  return [...inRows, ...acrossEdge];
}

/** A row's whole text and, when it holds borders, the texts between them. */
function wholeTexts(run: TextRun): TextRun[] {
  const whole = collapse(withoutBorders(run));
  const pieces = betweenBorders(run).map(collapse);
  return pieces.some((piece) => piece.cells[0] === whole.cells[0] && piece.text === whole.text)
    ? pieces
    : [whole, ...pieces];
}

function occurrences(run: TextRun, wanted: string): TextRun[] {
  const found: TextRun[] = [];
  for (let at = run.text.indexOf(wanted); at >= 0; at = run.text.indexOf(wanted, at + wanted.length)) {
    found.push({ text: wanted, cells: run.cells.slice(at, at + wanted.length) });
  }
  return found;
}

function findRegExp(grid: CellGrid, pattern: RegExp): TextRun[] {
  const flags = new Set(pattern.flags.replace(/[gyd]/g, '') + 'gm');
  const expression = new RegExp(pattern.source, [...flags].join(''));
  const inRows = Array.from({ length: grid.rows }, (_, row) => rowRun(grid, row)).flatMap((run) => {
    const found = matches(run, expression);
    const cell = (run.cells[run.cells.length - 1] ?? -1) + 1;
    const withBlank = run.text.length > 0 && run.text.length < grid.columns;
    if (found.length > 0 || !withBlank) return found;
    return matches({ text: run.text + ' ', cells: [...run.cells, cell] }, expression);
  });
  const acrossEdge = wrappedRuns(grid)
    .flatMap((run) => matches(run, expression))
    .filter((run) => rowsOf(grid, run) > 1);
  const found = [...inRows, ...acrossEdge];
  return found.length > 0 ? found : matches(screenRun(grid), expression);
}

function matches(run: TextRun, expression: RegExp): TextRun[] {
  return Array.from(run.text.matchAll(expression))
    .filter(([text]) => text.length > 0)
    .map((match) => ({ text: match[0], cells: run.cells.slice(match.index, match.index + match[0].length) }));
}

function rowsOf(grid: CellGrid, { cells }: TextRun): number {
  const row = (cell: number | undefined) => Math.floor((cell ?? 0) / grid.columns);
  return row(cells[cells.length - 1]) - row(cells[0]) + 1;
}
