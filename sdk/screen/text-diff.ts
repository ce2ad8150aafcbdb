/** How two text screens differ, cell by cell, and the difference in words. */
import type { TextScreen } from './text-golden.js';

export { decodeTextGolden, encodeTextGolden, maskText, textScreenOf, type TextScreen } from './text-golden.js';

export type TextComparison =
  | { outcome: 'identical' }
  | {
      outcome: 'different';
      /** Cells whose character differs. */
      characters: number;
      /** Cells with the same character in other colours. */
      colours: number;
      /** 0-based rows with a difference. */
      rows: number[];
    }
  | {
      outcome: 'size-mismatch';
      expected: { columns: number; rows: number };
      actual: { columns: number; rows: number };
    };

/** Compares two text screens cell by cell. Mask both first where parts do not count ({@link maskText}). */
export function compareTextScreens(expected: TextScreen, actual: TextScreen): TextComparison {
  const { columns } = expected;
  if (columns !== actual.columns || expected.rows !== actual.rows) {
    return {
      outcome: 'size-mismatch',
      expected: { columns, rows: expected.rows },
      actual: { columns: actual.columns, rows: actual.rows },
    };
  }
  let characters = 0;
  let colours = 0;
  const rows = new Set<number>();
  for (let cell = 0; cell < columns * expected.rows; cell++) {
    const row = Math.floor(cell / columns);
    const column = cell % columns;
    const wanted = expected.lines[row]?.charAt(column) ?? '';
    const seen = actual.lines[row]?.charAt(column) ?? '';
    const sameCharacter = wanted === seen;
    const [before = 0, after = 0] = [expected.attributes[cell], actual.attributes[cell]];
    if (sameCharacter && before === after) continue;
    if (looksOf(wanted, before) === looksOf(seen, after)) continue;
    if (sameCharacter) colours++;
    else characters++;
    rows.add(row);
  }
  return rows.size === 0 ? { outcome: 'identical' } : { outcome: 'different', characters, colours, rows: [...rows] };
}

/**
 * What of a cell can be seen, so that cells that look the same are the same whatever engine read them: the foreground of
 * a blank cannot be seen; a full block is a blank in its colour; one half block is the other in swapped colours.
 */
function looksOf(character: string, attribute: number): string {
  const [foreground, background] = [attribute & 15, attribute >> 4];
  switch (character) {
    case ' ':
      return `on ${background}`;
    case '█':
      return `on ${foreground}`;
    case '▀':
      return `▄ ${background} on ${foreground}`;
    case '▌':
      return `▐ ${background} on ${foreground}`;
    default:
      return `${character} ${foreground} on ${background}`;
  }
}

/** Attribute bytes of two screens, `columns` a row. */
export interface AttributePair {
  columns: number;
  expected: Uint8Array;
  actual: Uint8Array;
}

/** The difference of two text screens in words: {@link diffLines} with their colours. */
export function diffTextScreens(expected: TextScreen, actual: TextScreen, width = MAX_WIDTH): string {
  const { columns } = expected;
  const size = (screen: TextScreen) => `${screen.columns}x${screen.rows}`;
  if (size(expected) !== size(actual)) {
    const words = `the screen has ${size(actual)} characters, not ${size(expected)}`;
    const lines = diffLines(expected.lines, actual.lines, undefined, width);
    return lines === '' ? words : `${words}\n${lines}`;
  }
  const attributes = { columns, expected: expected.attributes, actual: actual.attributes };
  return diffLines(expected.lines, actual.lines, attributes, width);
}

/**
 * Rows that differ, numbered from 0, each as expected (`-`) and as seen (`+`) with marks under what differs, and one
 * row before and after for context; then rows that differ in colours only. Blanks at the ends of rows do not count. No
 * line is longer than `maxWidth` characters (at least 40). Empty when nothing differs.
 */
export function diffLines(
  expected: readonly string[],
  actual: readonly string[],
  attributes?: AttributePair,
  maxWidth = MAX_WIDTH,
): string {
  const lineWidth = Math.max(MIN_WIDTH, maxWidth);
  const before = expected.map((line) => line.trimEnd());
  const after = actual.map((line) => line.trimEnd());
  const count = Math.max(before.length, after.length);
  const differs = Array.from({ length: count }, (_, row) => before[row] !== after[row]);
  const words: string[] = [];
  const shift = findShift(before, after, differs.filter(Boolean).length);
  if (shift !== 0) {
    const rows = Math.abs(shift) === 1 ? '1 row' : `${Math.abs(shift)} rows`;
    words.push(`most of the text is there, ${rows} further ${shift > 0 ? 'down' : 'up'}`);
  }
  const digits = String(Math.max(0, count - 1)).length;
  const label = (mark: string, row: number | '') => `${mark} ${String(row).padStart(digits)} | `;
  let shown = -1;
  for (let row = 0; row < count; row++) {
    const near = differs[row] ?? false;
    if (!near && !differs[row - 1] && !differs[row + 1]) continue;
    if (shown >= 0 && row > shown + 1) words.push('…');
    shown = row;
    const width = lineWidth - label(' ', row).length;
    if (!near) {
      words.push(label(' ', row) + clip(before[row] ?? '', 0, width));
      continue;
    }
    const [old, now] = [before[row], after[row]];
    const from = windowStart(old ?? '', now ?? '', width);
    if (old !== undefined) words.push(label('-', row) + clip(old, from, width));
    if (now !== undefined) words.push(label('+', row) + clip(now, from, width));
    if (old !== undefined && now !== undefined) words.push(label(' ', '') + marks(old, now, from, width));
  }
  if (attributes !== undefined) words.push(...diffColours(attributes, differs));
  return words.map((line) => clip(line.trimEnd(), 0, lineWidth)).join('\n');
}

const MAX_WIDTH = 100;
/** In less, nothing could be seen. */
const MIN_WIDTH = 40;

/** Where to begin showing two long rows, so that their first difference can be seen. */
function windowStart(a: string, b: string, width: number): number {
  if (Math.max(a.length, b.length) <= width) return 0;
  const first = firstDifference(a, b);
  return first < width - 10 ? 0 : first - 20;
}

function clip(text: string, from: number, width: number): string {
  const shown = text.slice(from, from + width);
  const start = from > 0 && shown !== '' ? `…${shown.slice(1)}` : shown;
  return from + width < text.length ? `${start.slice(0, -1)}…` : start;
}

function firstDifference(a: string, b: string): number {
  let at = 0;
  while (at < Math.max(a.length, b.length) && a[at] === b[at]) at++;
  return at;
}

function marks(a: string, b: string, from: number, width: number): string {
  const end = Math.min(Math.max(a.length, b.length), from + width);
  let line = '';
  for (let at = from; at < end; at++) line += (a[at] ?? ' ') === (b[at] ?? ' ') ? ' ' : '^';
  return line;
}

/** By how many rows most of the text has moved (positive: down); 0 when comparing row by row is as good. */
function findShift(before: string[], after: string[], differing: number): number {
  const text = before.filter((line) => line !== '').length;
  if (differing < 3 || text < 3) return 0;
  const same = (shift: number) => before.filter((line, row) => line !== '' && after[row + shift] === line).length;
  const unmoved = same(0);
  let best = { shift: 0, count: Math.max(unmoved * 2, Math.ceil(text * 0.6)) - 1 };
  for (let shift = 1 - before.length; shift < before.length; shift++) {
    if (shift !== 0 && same(shift) > best.count) best = { shift, count: same(shift) };
  }
  return best.shift;
}

/** Rows with the same text in other colours, and where. */
function diffColours({ columns, expected, actual }: AttributePair, textDiffers: boolean[]): string[] {
  const words: string[] = [];
  for (let row = 0; row * columns < Math.min(expected.length, actual.length); row++) {
    if (textDiffers[row]) continue;
    const ranges: string[] = [];
    for (let column = 0; column < columns; column++) {
      const differs = (at: number) => at < columns && expected[row * columns + at] !== actual[row * columns + at];
      if (!differs(column)) continue;
      const first = column;
      while (differs(column + 1)) column++;
      ranges.push(first === column ? String(first) : `${first}-${column}`);
    }
    if (ranges.length === 0) continue;
    const shown = ranges.length > 8 ? [...ranges.slice(0, 8), '…'] : ranges;
    const single = ranges.length === 1 && !ranges[0]?.includes('-');
    words.push(`row ${row}: colours differ in ${single ? 'column' : 'columns'} ${shown.join(', ')}`);
  }
  return words;
}
