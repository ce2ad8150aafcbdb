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
    /** Cell width in dots: 8 or 9; 16 where 8 dots are doubled (40-column modes). */
    width: number;
    /** Cell height in dots, 1 to 32. */
    height: number;
    /**
     * 256 glyphs of 32 bytes, a byte per row from the top, most significant bit left. 512 glyphs when bit 3 of an
     * attribute chooses between two fonts: a clear bit means the first 256.
     */
    glyphs: Uint8Array;
    /** With 9-dot cells, column 9 repeats column 8 for line graphics (`LINE_GRAPHICS` in `draw-text.ts`). */
    lineGraphics: boolean;
  };
  /** 16 colours for attributes, as 0xRRGGBB. */
  palette: Uint32Array;
  /**
   * Bit 7 of an attribute means blinking rather than a bright background. A frame stands still, so it is data only:
   * the picture shows the bright background in both cases, as QEMU does.
   */
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
