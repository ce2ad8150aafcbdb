/**
 * What an engine says is on the screen, as plain data that can cross from a worker. `frame.ts` makes a {@link Frame} of
 * it. The text cursor is never part of the picture: its position is data beside it.
 */

/** A screen in a text mode: everything needed to read it exactly and to draw it. */
export interface TextContent {
  kind: 'text';
  columns: number;
  rows: number;
  /** `columns * rows` pairs: character code (an index into `font`), attribute byte (VGA: fg 0-3, bg 4-6, blink or bg 7). */
  cells: Uint8Array;
  cursor: TextCursor | null;
  font: {
    /** Cell width in dots: 8 or 9. */
    width: number;
    /** Cell height in dots, 1 to 32. */
    height: number;
    /** 256 glyphs of 32 bytes, a byte per row from the top, most significant bit left. */
    glyphs: Uint8Array;
    /** With 9-dot cells, column 9 repeats column 8 for 0xC0 to 0xDF (box drawing). */
    lineGraphics: boolean;
  };
  /** 16 colours for attributes, as 0xRRGGBB. */
  palette: Uint32Array;
  /** Bit 7 of an attribute means blinking (so 8 background colours) rather than a bright background. */
  blink: boolean;
}

/** A screen in a graphic mode. */
export interface GraphicContent {
  kind: 'graphic';
  width: number;
  height: number;
  /** RGBA, 4 bytes a pixel, rows from the top; alpha is always 255. */
  rgba: Uint8Array;
  /** The mode in words, for messages: `800x600, 32 bpp`. */
  mode: string;
}

/** No picture: before the display is programmed, or while it is switched off. */
export interface BlankContent {
  kind: 'blank';
  width: number;
  height: number;
}

export type ScreenContent = TextContent | GraphicContent | BlankContent;

/** Position of the text cursor, 0-based cells. */
export interface TextCursor {
  column: number;
  row: number;
  visible: boolean;
}

/** A rectangle in pixels of the frame. */
export interface Region {
  x: number;
  y: number;
  width: number;
  height: number;
}
