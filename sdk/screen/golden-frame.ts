/** A golden as a frame: so that whatever looks at a screen can look at what was expected of it, too. */
import { charmap } from './charmap.js';
import type { ScreenContent } from './content.js';
import type { CellGrid, Frame } from './frame.js';
import type { Picture } from './picture.js';
import type { TextScreen } from './text-golden.js';

/** The VGA's sixteen colours as a BIOS sets them, 0xRRGGBB: a golden's file knows colours by number only. */
const VGA_COLOURS = [
  0x000000, 0x0000aa, 0x00aa00, 0x00aaaa, 0xaa0000, 0xaa00aa, 0xaa5500, 0xaaaaaa, 0x555555, 0x5555ff, 0x55ff55,
  0x55ffff, 0xff5555, 0xff55ff, 0xffff55, 0xffffff,
];

/**
 * @param picture what `rgba` is
 * @param text what the golden's text file holds; null for a graphic screen
 */
export function goldenFrame({ width, height, rgba }: Picture, text: TextScreen | null): Frame {
  return {
    time: 0,
    width,
    height,
    rgba,
    content: text === null ? { kind: 'graphic', width, height, rgba, mode: 'a golden' } : contentOf(text),
    grid: text === null ? null : gridOf(text),
  };
}

/** Without the guest's font: the picture has been drawn. */
function contentOf({ columns, rows, cellWidth, cellHeight, lines, attributes }: TextScreen): ScreenContent {
  const cells = new Uint8Array(2 * columns * rows);
  for (let cell = 0; cell < columns * rows; cell++) {
    const code = charmap.indexOf(lines[Math.floor(cell / columns)]?.charAt(cell % columns) ?? ' ');
    cells[2 * cell] = code < 0 ? 0 : code;
    cells[2 * cell + 1] = attributes[cell] ?? 0;
  }
  return {
    kind: 'text',
    columns,
    rows,
    cells,
    cursor: null,
    font: { width: cellWidth, height: cellHeight, glyphs: new Uint8Array(256 * 32), lineGraphics: false },
    palette: Uint32Array.from(VGA_COLOURS),
    blink: false,
  };
}

function gridOf({ attributes, ...text }: TextScreen): CellGrid {
  const { columns, rows } = text;
  return {
    ...text,
    cursor: null,
    attribute: (column, row) =>
      column < 0 || column >= columns || row < 0 || row >= rows ? 0 : (attributes[row * columns + column] ?? 0),
  };
}
