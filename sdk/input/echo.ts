/**
 * The echo of what is typed: where it begins, and what stands there by now. The only place that knows how it is read from
 * a frame; what is made of it is decided in `confirm.ts`.
 */
import type { Frame } from '../screen/frame.js';

/** The text of a screen and its cursor, 0-based. A character is one unit of a row. */
export interface EchoScreen {
  readonly rows: readonly string[];
  readonly columns: number;
  readonly column: number;
  readonly row: number;
}

/** `null` where there is no text to be read, or no cursor that says where typing goes. */
export function echoScreen({ grid }: Frame): EchoScreen | null {
  if (grid?.cursor == null) return null;
  const { column, row } = grid.cursor;
  return row < grid.rows && column < grid.columns ? { rows: grid.lines, columns: grid.columns, column, row } : null;
}

export interface Echo {
  /** What stands between the place where typing began and the cursor. */
  readonly text: string;
  /**
   * What stands under the cursor where that is in the last column: consoles leave it there when they have filled the
   * row, and go on to the next with the next character. Empty elsewhere.
   */
  readonly under: string;
}

/**
 * Reads what has been echoed since `start`, over the right edge of the screen and while the screen scrolls.
 * @returns `null` when the text before the place where typing began is gone, or the cursor is before it
 */
export function readEcho(start: EchoScreen, now: EchoScreen): Echo | null {
  const scrolled = scrolledBy(start, now);
  if (scrolled === null) return null;
  const begin = (start.row - scrolled) * start.columns + start.column;
  const end = now.row * now.columns + now.column;
  if (end < begin) return null;
  const cells = now.rows.join('');
  return { text: cells.slice(begin, end), under: now.column === now.columns - 1 ? cells.slice(end, end + 1) : '' };
}

/** By how many rows the text before the place where typing began has moved up: the number that explains most rows. */
function scrolledBy(start: EchoScreen, now: EchoScreen): number | null {
  if (start.columns !== now.columns || start.rows.length !== now.rows.length) return null;
  const before = (start.rows[start.row] ?? '').slice(0, start.column);
  let best: { scrolled: number; same: number } | null = null;
  for (let scrolled = 0; scrolled <= start.row; scrolled++) {
    if (!(now.rows[start.row - scrolled] ?? '').startsWith(before)) continue;
    let same = 0;
    for (let row = scrolled; row < start.row; row++) if (start.rows[row] === now.rows[row - scrolled]) same++;
    // Text that changes elsewhere (a clock) must not count for another place, and rows that are gone count for none.
    const moved = scrolled === 0 || now.row === now.rows.length - 1;
    if (moved && (best === null || same > best.same)) best = { scrolled, same };
  }
  return best === null ? null : best.scrolled;
}
