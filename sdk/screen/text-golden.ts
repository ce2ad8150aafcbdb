/**
 * A text screen as a file that a person can review: a header, the rows as they are read, then the colours. It holds
 * everything that can be compared cell by cell; the picture beside it holds the font.
 *
 *     text screen 80x25, cells 9x16
 *     (25 rows, without the blanks at their ends)
 *     colours by row, as attribute*cells:
 *     0-1: 07*80
 *     2: 07*10 70*60 07*10
 */
import { GuestwrightError } from '../errors.js';
import type { Region } from './content.js';
import type { CellGrid, Frame } from './frame.js';

/** A text screen's characters and attributes, as plain data. */
export interface TextScreen {
  columns: number;
  rows: number;
  /** Pixels of a cell. */
  cellWidth: number;
  cellHeight: number;
  /** Each `columns` UTF-16 units. */
  lines: string[];
  /** `columns * rows` attribute bytes. */
  attributes: Uint8Array;
}

const COLOURS = 'colours by row, as attribute*cells:';
/** More columns or rows than any text mode has, and few enough to be harmless in a damaged file. */
const MAX_SIDE = 512;

export function textScreenOf(grid: CellGrid): TextScreen {
  const { columns, rows, cellWidth, cellHeight, lines } = grid;
  const attributes = Uint8Array.from({ length: columns * rows }, (_, cell) =>
    grid.attribute(cell % columns, Math.floor(cell / columns)),
  );
  return { columns, rows, cellWidth, cellHeight, lines: [...lines], attributes };
}

/** Makes the cells that any of these regions (in pixels) touches the same on every screen: `·`, attribute 0. */
export function maskText(screen: TextScreen, masks: readonly Region[]): TextScreen {
  const { columns, rows, cellWidth, cellHeight } = screen;
  const attributes = screen.attributes.slice();
  const lines = screen.lines.map((line) => line.split(''));
  for (const mask of masks) {
    const right = Math.min(columns, Math.ceil((mask.x + mask.width) / cellWidth));
    const bottom = Math.min(rows, Math.ceil((mask.y + mask.height) / cellHeight));
    for (let row = Math.max(0, Math.floor(mask.y / cellHeight)); row < bottom; row++) {
      for (let column = Math.max(0, Math.floor(mask.x / cellWidth)); column < right; column++) {
        attributes[row * columns + column] = 0;
        const line = lines[row];
        if (line !== undefined) line[column] = '·';
      }
    }
  }
  return { ...screen, lines: lines.map((line) => line.join('')), attributes };
}

/** @throws GuestwrightError `usage/not-a-text-screen` */
export function encodeTextGolden(frame: Frame): string {
  if (frame.grid === null) {
    throw new GuestwrightError('A graphic screen has no text to write down', {
      kind: 'usage',
      code: 'not-a-text-screen',
      expected: 'a frame with a cell grid',
      seen: `a ${frame.content.kind} frame of ${frame.width}x${frame.height} pixels`,
      next: 'write the text beside the picture only where frame.grid is not null',
    });
  }
  const screen = textScreenOf(frame.grid);
  const header = `text screen ${screen.columns}x${screen.rows}, cells ${screen.cellWidth}x${screen.cellHeight}`;
  const text = screen.lines.map((line) => line.trimEnd());
  return [header, ...text, COLOURS, ...encodeColours(screen), ''].join('\n');
}

function encodeColours({ columns, rows, attributes }: TextScreen): string[] {
  const groups: { first: number; last: number; colours: string }[] = [];
  for (let row = 0; row < rows; row++) {
    const colours = encodeRow(attributes.subarray(row * columns, (row + 1) * columns));
    const group = groups[groups.length - 1];
    if (group?.colours === colours) group.last = row;
    else groups.push({ first: row, last: row, colours });
  }
  return groups.map(({ first, last, colours }) => `${first === last ? first : `${first}-${last}`}: ${colours}`);
}

function encodeRow(attributes: Uint8Array): string {
  const runs: string[] = [];
  for (let start = 0, end = 0; start < attributes.length; start = end) {
    while (end < attributes.length && attributes[end] === attributes[start]) end++;
    runs.push(`${(attributes[start] ?? 0).toString(16).padStart(2, '0')}*${end - start}`);
  }
  return runs.join(' ');
}

/**
 * Reads what {@link encodeTextGolden} wrote.
 * @param name the file, for messages
 * @throws GuestwrightError `usage/text-golden-invalid`, naming the line
 */
export function decodeTextGolden(text: string, name: string): TextScreen {
  const lines = text.split(/\r?\n/);
  const fail = (line: number, expected: string): never => {
    const seen = lines[line];
    throw new GuestwrightError(`${name} is not a readable text golden: line ${line + 1}`, {
      kind: 'usage',
      code: 'text-golden-invalid',
      expected,
      seen: seen === undefined ? 'the end of the file' : JSON.stringify(seen.slice(0, 100)),
      next: 'take the file from version control again, or delete it and let it be written anew',
    });
  };
  const header = /^text screen (\d{1,3})x(\d{1,3}), cells (\d{1,2})x(\d{1,2})$/.exec(lines[0] ?? '');
  const [columns = 0, rows = 0, cellWidth = 0, cellHeight = 0] = header?.slice(1).map(Number) ?? [];
  const sizes = [columns, rows, cellWidth, cellHeight];
  if (sizes.some((size) => size < 1 || size > MAX_SIDE)) fail(0, '"text screen 80x25, cells 9x16", in these words');
  const shown = lines.slice(1, rows + 1);
  const long = shown.findIndex((line) => line.length > columns);
  if (long >= 0) fail(long + 1, `at most ${columns} characters`);
  if (lines[rows + 1] !== COLOURS) fail(Math.min(rows + 1, lines.length), `${rows} rows and then "${COLOURS}"`);
  const attributes = new Uint8Array(columns * rows);
  let row = 0;
  for (let at = rows + 2; at < lines.length && (lines[at] ?? '') !== ''; at++) {
    const group = decodeGroup(lines[at] ?? '', columns);
    if (group?.first !== row || group.last < row || group.last >= rows) {
      fail(at, `the colours of ${columns} cells of row ${row}, such as "${row}: 07*${columns}"`);
    } else {
      for (; row <= group.last; row++) attributes.set(group.attributes, row * columns);
    }
  }
  if (row < rows) fail(lines.length, `colours of all ${rows} rows`);
  return { columns, rows, cellWidth, cellHeight, lines: shown.map((line) => line.padEnd(columns)), attributes };
}

function decodeGroup(line: string, columns: number): { first: number; last: number; attributes: number[] } | null {
  const parts = /^(\d{1,3})(?:-(\d{1,3}))?: (.+)$/.exec(line);
  if (parts === null) return null;
  const attributes: number[] = [];
  for (const run of (parts[3] ?? '').split(' ')) {
    const [, attribute, count] = /^([0-9a-f]{2})\*(\d{1,3})$/.exec(run) ?? [];
    if (attribute === undefined || attributes.length + Number(count) > columns) return null;
    for (let i = 0; i < Number(count); i++) attributes.push(parseInt(attribute, 16));
  }
  const first = Number(parts[1]);
  return attributes.length === columns ? { first, last: Number(parts[2] ?? first), attributes } : null;
}
