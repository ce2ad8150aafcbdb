/** A frame as lines for a terminal: text with the 16 colours of VGA, graphics as half blocks in true colour. */
import type { CellGrid, Frame } from '../../../sdk/screen/frame.js';

export interface Picture {
  /** One string a row, from the top, each setting its own colours and ending with the default ones. */
  rows: string[];
  /** Where the terminal's cursor belongs, 0-based; `null` hides it. */
  cursor: { column: number; row: number } | null;
  /** For the status line, where there is something to say. */
  note: string | null;
}

export interface Size {
  columns: number;
  rows: number;
}

const RESET = '\x1b[0m';

export function drawFrame(frame: Frame, size: Size): Picture {
  const { content, grid } = frame;
  if (grid !== null) return drawText(grid, content.kind === 'text' && content.blink, size);
  if (content.kind === 'blank') return { rows: [], cursor: null, note: 'no picture' };
  const mode = content.kind === 'graphic' ? content.mode : `${frame.width}x${frame.height}`;
  return { rows: drawPixels(frame, size), cursor: null, note: `graphic mode ${mode}` };
}

function drawText(grid: CellGrid, blink: boolean, size: Size): Picture {
  const columns = Math.min(grid.columns, size.columns);
  const rows = grid.lines.slice(0, size.rows).map((line, row) => {
    let text = '';
    let attribute = -1;
    for (let column = 0; column < columns; column++) {
      const wanted = grid.attribute(column, row);
      if (wanted !== attribute) text += sgr(wanted, blink);
      attribute = wanted;
      text += printable(line[column]);
    }
    return text + RESET;
  });
  const { cursor } = grid;
  const shown = cursor?.visible === true && cursor.column < columns && cursor.row < rows.length;
  const cut = grid.columns > size.columns || grid.lines.length > size.rows;
  return {
    rows,
    cursor: shown ? { column: cursor.column, row: cursor.row } : null,
    note: cut ? `cut: needs ${grid.columns}x${grid.lines.length + 1}` : null,
  };
}

/** Whatever the guest shows, no control character of it reaches the terminal. */
function printable(character: string | undefined): string {
  return character === undefined || /\p{C}/u.test(character) ? ' ' : character;
}

/** VGA counts blue, green, red; ANSI red, green, blue. */
const ANSI = [0, 4, 2, 6, 1, 5, 3, 7] as const;

/** An attribute byte: foreground in bits 0-3, background in 4-6, bit 7 blinks or brightens the background. */
function sgr(attribute: number, blink: boolean): string {
  const foreground = (ANSI[attribute & 7] ?? 7) + (attribute & 8 ? 90 : 30);
  const bright = (attribute & 0x80) !== 0;
  const background = (ANSI[(attribute >> 4) & 7] ?? 0) + (bright && !blink ? 100 : 40);
  return `\x1b[0;${bright && blink ? '5;' : ''}${foreground};${background}m`;
}

/** Two pixels a character, one above the other; each the mean of the pixels of the frame that it stands for. */
function drawPixels(frame: Frame, size: Size): string[] {
  const scale = Math.min(1, size.columns / frame.width, (size.rows * 2) / frame.height);
  const columns = Math.max(1, Math.floor(frame.width * scale));
  const rows = Math.max(1, Math.floor((frame.height * scale) / 2));
  const mean = meanOf(frame, columns, rows * 2);
  return Array.from({ length: rows }, (_, row) => {
    let text = '';
    let colours = '';
    for (let column = 0; column < columns; column++) {
      const wanted = `\x1b[38;2;${mean(column, row * 2)};48;2;${mean(column, row * 2 + 1)}m`;
      if (wanted !== colours) text += wanted;
      colours = wanted;
      text += '▀';
    }
    return text + RESET;
  });
}

function meanOf({ rgba, width, height }: Frame, columns: number, rows: number): (x: number, y: number) => string {
  return (x, y) => {
    const [left, right] = span(x, columns, width);
    const [top, bottom] = span(y, rows, height);
    let [red, green, blue] = [0, 0, 0];
    for (let row = top; row < bottom; row++) {
      for (let at = (row * width + left) * 4; at < (row * width + right) * 4; at += 4) {
        red += rgba[at] ?? 0;
        green += rgba[at + 1] ?? 0;
        blue += rgba[at + 2] ?? 0;
      }
    }
    const count = (right - left) * (bottom - top);
    return [red, green, blue].map((sum) => Math.round(sum / count)).join(';');
  };
}

/** The pixels that cell `index` of `cells` stands for: at least one. */
function span(index: number, cells: number, pixels: number): [number, number] {
  const from = Math.floor((index * pixels) / cells);
  return [from, Math.max(from + 1, Math.floor(((index + 1) * pixels) / cells))];
}
