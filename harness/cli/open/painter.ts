import type { Picture, Size } from './picture.js';

/** Turns pictures into what has to be written to the terminal: only rows that changed are drawn again. */
export class Painter {
  #drawn: string[] = [];

  /** Forgets what is on the terminal, for example after its size changed. */
  clear(): string {
    this.#drawn = [];
    return '\x1b[0m\x1b[2J';
  }

  /** @returns an empty string when nothing changed */
  paint(picture: Picture, status: string, size: Size): string {
    const rows = Array.from({ length: size.rows - 1 }, (_, row) => picture.rows[row] ?? '');
    rows.push(`\x1b[0;7m${status.slice(0, size.columns).padEnd(size.columns)}\x1b[0m`);
    const changed = rows.flatMap((text, row) => (this.#drawn[row] === text ? [] : [`${to(0, row)}${text}\x1b[K`]));
    if (changed.length === 0 && this.#cursor === cursorOf(picture)) return '';
    this.#drawn = rows;
    this.#cursor = cursorOf(picture);
    return `\x1b[?25l${changed.join('')}${this.#cursor}`;
  }

  #cursor = '';
}

function cursorOf({ cursor }: Picture): string {
  return cursor === null ? '' : `${to(cursor.column, cursor.row)}\x1b[?25h`;
}

function to(column: number, row: number): string {
  return `\x1b[${row + 1};${column + 1}H`;
}
