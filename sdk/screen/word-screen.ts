/** A screen in words, for failure messages. */
import type { ScreenContent } from './content.js';
import { contentSize, makeGrid, type CellGrid } from './frame.js';

/** No line of a worded screen is longer. */
const MAX_WIDTH = 100;

/**
 * The screen as text in a frame, rows numbered from 0, blank rows at the end left out, no line longer than 100
 * characters (longer rows end in `…`). A graphic or blank screen is a sentence that says its size and mode.
 */
export function wordScreen(screen: CellGrid | ScreenContent): string {
  if (!('kind' in screen)) return wordGrid(screen);
  if (screen.kind === 'text') return wordGrid(makeGrid(screen));
  const { width, height } = contentSize(screen);
  return screen.kind === 'graphic'
    ? `The screen is ${width}x${height} pixels in a graphic mode (${screen.mode}): it has no text cells.`
    : `The screen is blank (${width}x${height} pixels): the guest has not set a mode yet, or switched the display off.`;
}

function wordGrid(grid: CellGrid): string {
  const lines = grid.lines.map((line) => line.trimEnd());
  const shown = lines.slice(0, lines.findLastIndex((line) => line !== '') + 1);
  const size = `text screen of ${grid.columns}x${grid.rows}${wordCursor(grid)}`;
  if (shown.length === 0) return `The ${size} has no visible character.`;
  const digits = String(shown.length - 1).length;
  const width = Math.min(grid.columns, MAX_WIDTH - digits - 3);
  const border = `${' '.repeat(digits)} +${'-'.repeat(width)}+`;
  const rows = shown.map((line, row) => {
    const text = line.length > width ? `${line.slice(0, width - 1)}…` : line.padEnd(width);
    return `${String(row).padStart(digits)} |${text}|`;
  });
  const cut = lines.length - shown.length;
  const rest = cut === 0 ? [] : [cut === 1 ? '1 blank row below' : `${cut} blank rows below`];
  return [`The ${size}:`, border, ...rows, border, ...rest].join('\n');
}

function wordCursor({ cursor }: CellGrid): string {
  return cursor?.visible ? `, cursor in column ${cursor.column} of row ${cursor.row}` : '';
}
