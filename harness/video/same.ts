/** Whether two screens look alike. Pure. */
import type { ScreenContent, TextContent } from '../../sdk/screen/content.js';

/** Where the text cursor is makes no difference: no picture shows it. */
export function showsTheSame(a: ScreenContent, b: ScreenContent): boolean {
  if (a === b) return true;
  if (a.kind === 'text') return b.kind === 'text' && isSameText(a, b);
  if (a.kind !== b.kind || a.width !== b.width || a.height !== b.height) return false;
  return a.kind === 'blank' || (b.kind === 'graphic' && isSame(a.rgba, b.rgba));
}

function isSameText(a: TextContent, b: TextContent): boolean {
  return (
    a.columns === b.columns &&
    a.rows === b.rows &&
    a.font.width === b.font.width &&
    a.font.height === b.font.height &&
    a.font.lineGraphics === b.font.lineGraphics &&
    isSame(a.cells, b.cells) &&
    isSame(a.font.glyphs, b.font.glyphs) &&
    a.palette.every((colour, index) => colour === b.palette[index])
  );
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
