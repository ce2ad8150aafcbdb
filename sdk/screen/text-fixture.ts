/** Text screens for tests. */
import type { TextContent } from './content.js';
import { charmap } from './charmap.js';
import { makeFrame, type CellGrid, type Frame } from './frame.js';
import { cellPage } from './grid-page.js';
import type { TextPage } from './page.js';

/** A text screen of these rows (light grey on black), with an empty font. */
export function textContent(lines: readonly string[], options: Partial<TextContent> = {}): TextContent {
  const columns = options.columns ?? 80;
  const rows = options.rows ?? Math.max(25, lines.length);
  const cells = new Uint8Array(2 * columns * rows);
  for (let cell = 0; cell < columns * rows; cell++) cells.set([0x20, 0x07], 2 * cell);
  lines.forEach((line, row) =>
    Array.from(line).forEach((character, column) => {
      cells[2 * (row * columns + column)] = charmap.lastIndexOf(character);
    }),
  );
  return {
    kind: 'text',
    columns,
    rows,
    cells,
    cursor: null,
    font: { width: 9, height: 16, glyphs: new Uint8Array(256 * 32), lineGraphics: true },
    palette: Uint32Array.from({ length: 16 }, (_, i) => i * 0x111111),
    blink: false,
    ...options,
  };
}

export function textFrame(lines: readonly string[], options: Partial<TextContent> = {}): Frame {
  return makeFrame(textContent(lines, options), 0);
}

export function textGrid(lines: readonly string[], options: Partial<TextContent> = {}): CellGrid {
  const { grid } = textFrame(lines, options);
  if (grid === null) throw new Error('a text screen has a grid');
  return grid;
}

export function textPage(lines: readonly string[], options: Partial<TextContent> = {}): TextPage {
  const page = cellPage(textFrame(lines, options));
  if (page === null) throw new Error('a text screen has a page');
  return page;
}
