/** Figures as a table for a terminal. */
import type { Figures } from './figures.js';

/** One line per figure under a heading, numbers to the right. */
export function wordFigures(figures: Figures): string {
  const rows = Object.entries(figures).map(([name, { value, unit, baseline, ratio }]) => [
    name,
    wordNumber(value),
    baseline === null ? '-' : wordNumber(baseline),
    unit,
    ratio === null ? '-' : ratio.toFixed(2),
  ]);
  const table = [['name', 'value', 'baseline', 'unit', 'ratio'], ...rows];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table
    .map((row) =>
      row
        .map((cell, column) =>
          LEFT.has(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Name and unit. */
const LEFT: ReadonlySet<number> = new Set([0, 3]);

/** Three significant digits, and no exponent: `313,000,000`, `12.4`, `0.52`. */
export function wordNumber(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 3 });
}
