/** A screen in words, for failure messages. */
import type { ScreenContent } from './content.js';
import { contentSize, makeGrid, type CellGrid } from './frame.js';
import type { NearestMiss } from './nearest-miss.js';
import type { Rung, TextPage } from './page.js';

/** No line of a worded screen is longer, unless the caller knows the terminal. */
const DEFAULT_WIDTH = 100;

/** What is known beside the screen itself. */
export interface WordScreenOptions {
  /** What was read on a graphic screen. */
  page?: TextPage | undefined;
  /** Is marked in its row. */
  miss?: NearestMiss | null;
  /** Columns that a line may take; 100 by default. */
  width?: number;
}

/**
 * The screen as text in a frame, rows numbered from 0, blank rows at the end left out, no line longer than
 * `width` (longer rows end in `…`). Of a graphic screen it is what was read on it, each row with how; without a page,
 * and of a blank screen, it is a sentence that says its size and mode.
 */
export function wordScreen(screen: CellGrid | ScreenContent, options: WordScreenOptions = {}): string {
  const { page, miss = null, width: columns = DEFAULT_WIDTH } = options;
  if (!('kind' in screen)) return wordGrid(screen, { miss, columns });
  if (screen.kind === 'text') return wordGrid(makeGrid(screen), { miss, columns });
  const { width, height } = contentSize(screen);
  if (screen.kind === 'blank') {
    return `The screen is blank (${width}x${height} pixels): the guest has not set a mode yet, or switched the display off.`;
  }
  const size = `The screen is ${width}x${height} pixels in a graphic mode (${screen.mode})`;
  if (page === undefined) return `${size}: it has no text cells.`;
  if (page.rows.every(({ text }) => text.trim() === '')) return `${size}: no text could be read on it.`;
  return `${size}; what can be read on it:\n${wordPage(page, { miss, columns })}`;
}

/** How the rows are framed. */
interface Framing {
  miss: NearestMiss | null;
  /** Of the terminal. */
  columns: number;
}

function wordGrid(grid: CellGrid, framing: Framing): string {
  const lines = grid.lines.map((line) => line.trimEnd());
  const shown = lines.slice(0, lines.findLastIndex((line) => line !== '') + 1);
  const size = `text screen of ${grid.columns}x${grid.rows}${wordCursor(grid)}`;
  if (shown.length === 0) return `The ${size} has no visible character.`;
  const cut = lines.length - shown.length;
  const rest = cut === 0 ? [] : [cut === 1 ? '1 blank row below' : `${cut} blank rows below`];
  return [`The ${size}:`, ...frameLines(shown, grid.columns, framing), ...rest].join('\n');
}

function wordCursor({ cursor }: CellGrid): string {
  return cursor?.visible ? `, cursor in column ${cursor.column} of row ${cursor.row}` : '';
}

/** Rows that were read from pixels, the recognised ones marked `~`. */
function wordPage({ rows }: TextPage, framing: Framing): string {
  const numbered = rows.map(({ text }) => text.trimEnd());
  const longest = Math.max(...numbered.map((text) => text.length));
  const recognised = rows.some(({ rung }) => rung === 'ocr');
  const lines = frameLines(numbered, longest, framing, (row) => RUNG_MARKS[rows[row]?.rung ?? 'cells']);
  return [...lines, ...(recognised ? ['rows marked ~ were recognised (OCR), the others read exactly'] : [])].join('\n');
}

const RUNG_MARKS: Record<Rung, string> = { cells: '', glyphs: '', ocr: '~' };

function frameLines(
  lines: readonly string[],
  longest: number,
  { miss, columns }: Framing,
  mark: (row: number) => string = () => '',
): string[] {
  const digits = String(lines.length - 1).length;
  const width = Math.min(longest, columns - digits - 3);
  const border = `${' '.repeat(digits)} +${'-'.repeat(width)}+`;
  const rows = lines.flatMap((line, row) => {
    const text = line.length > width ? `${line.slice(0, width - 1)}…` : line.padEnd(width);
    const worded = `${String(row).padStart(digits)}${mark(row) || ' '}|${text}|`;
    return miss?.row === row ? [worded, `${' '.repeat(digits)} |${marks(miss, width)}`] : [worded];
  });
  return [border, ...rows, border];
}

/** `^^^^ nearest miss`, under the text; before it where there is no room behind. */
function marks({ start, end }: NearestMiss, width: number): string {
  const line = ' '.repeat(Math.min(start, width)) + '^'.repeat(Math.max(0, Math.min(end, width) - start));
  const words = 'nearest miss';
  return line.length + words.length < width ? `${line} ${words}` : line;
}

/** One line per row, right-trimmed, without blank rows at the end; empty when there is nothing. */
export function wordRows({ rows }: TextPage): string {
  const lines = rows.map(({ text }) => text.trimEnd());
  return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1).join('\n');
}
