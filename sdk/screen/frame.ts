/** A frame: what the screen showed at one guest instant. A value; it never changes. */
import type { GuestTime } from '../engines/engine.js';
import type { ScreenContent, TextCursor } from './content.js';

export interface Frame {
  readonly time: GuestTime;
  readonly width: number;
  readonly height: number;
  readonly content: ScreenContent;
  /** RGBA, drawn on first use. Never holds the text cursor. */
  readonly rgba: Uint8Array;
  /** The characters, when the guest is in a text mode. */
  readonly grid: CellGrid | null;
}

/** A text screen's characters. */
export interface CellGrid {
  readonly columns: number;
  readonly rows: number;
  /** Pixels of a cell. */
  readonly cellWidth: number;
  readonly cellHeight: number;
  readonly cursor: TextCursor | null;
  /** Unicode text of the rows, each `columns` characters. */
  readonly lines: readonly string[];
  /** Attribute byte of a cell. */
  attribute(column: number, row: number): number;
}
