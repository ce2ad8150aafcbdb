/** What a screen shows, as JSON. */
import { z } from 'zod';
import type { ScreenContent } from '../screen/content.js';

/** No screen has more cells or dots than this. */
const MOST = 1 << 14;
const count = z.int().min(0).max(MOST);
const base64 = z.base64();

export const encodedScreen = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('blank'), width: count, height: count }),
    z.strictObject({ kind: z.literal('graphic'), width: count, height: count, rgba: base64, mode: z.string() }),
    z.strictObject({
      kind: z.literal('text'),
      columns: count,
      rows: count,
      cells: base64,
      cursor: z.strictObject({ column: z.int(), row: z.int(), visible: z.boolean() }).nullable(),
      font: z.strictObject({ width: count, height: count, glyphs: base64, lineGraphics: z.boolean() }),
      palette: z.array(z.int().min(0).max(0xffffff)),
      blink: z.boolean(),
    }),
  ])
  .refine(
    (screen) =>
      (screen.kind !== 'graphic' || bytesIn(screen.rgba) === screen.width * screen.height * 4) &&
      (screen.kind !== 'text' || bytesIn(screen.cells) === screen.columns * screen.rows * 2),
    { error: 'another number of bytes than its size says' },
  );

export type EncodedScreen = z.infer<typeof encodedScreen>;

function bytesIn(text: string): number {
  return (text.length / 4) * 3 - (text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0);
}

const encode = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
const decode = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));

/** The same text for the same screen. */
export function encodeScreen(content: ScreenContent): string {
  let screen: EncodedScreen;
  switch (content.kind) {
    case 'blank':
      screen = { kind: 'blank', width: content.width, height: content.height };
      break;
    case 'graphic': {
      const { width, height, mode } = content;
      screen = { kind: 'graphic', width, height, rgba: encode(content.rgba), mode };
      break;
    }
    case 'text': {
      const { columns, rows, cursor, font, palette, blink } = content;
      screen = {
        kind: 'text',
        columns,
        rows,
        cells: encode(content.cells),
        cursor: cursor === null ? null : { column: cursor.column, row: cursor.row, visible: cursor.visible },
        font: {
          width: font.width,
          height: font.height,
          glyphs: encode(font.glyphs),
          lineGraphics: font.lineGraphics,
        },
        palette: [...palette],
        blink,
      };
    }
  }
  return JSON.stringify(screen);
}

export function decodeScreen(screen: EncodedScreen): ScreenContent {
  switch (screen.kind) {
    case 'blank':
      return screen;
    case 'graphic':
      return { ...screen, rgba: decode(screen.rgba) };
    case 'text':
      return {
        ...screen,
        cells: decode(screen.cells),
        font: { ...screen.font, glyphs: decode(screen.font.glyphs) },
        palette: Uint32Array.from(screen.palette),
      };
  }
}
