/** Fonts and pictures for tests of the reader. */
import type { GlyphFont } from '../font.js';
import type { Picture } from '../picture.js';

/** The fonts of `fonts.fixture.txt`, as `scripts/glyph-fixture.mjs` writes it. */
export function parseFixtureFonts(text: string): GlyphFont[] {
  const fonts: (GlyphFont & { glyphs: GlyphFont['glyphs'][number][] })[] = [];
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [first = '', second = '', third = '', fourth = '', nine] = line.split(' ');
    if (first === 'font') {
      fonts.push({ name: second, width: Number(third), height: Number(fourth), nineDots: nine === '1', glyphs: [] });
      continue;
    }
    const width = Number(second);
    const digits = width / 4;
    const rows = Uint32Array.from({ length: third.length / digits }, (_, y) =>
      parseInt(third.slice(y * digits, (y + 1) * digits), 16),
    );
    fonts.at(-1)?.glyphs.push({ character: String.fromCharCode(parseInt(first, 16)), width, rows });
  }
  return fonts;
}

/** A picture of one colour (0xRRGGBB). */
export function plainPicture(width: number, height: number, colour: number): Picture {
  const picture = { width, height, rgba: new Uint8Array(4 * width * height) };
  for (let i = 0; i < width * height; i++) setPixel(picture, i % width, Math.floor(i / width), colour);
  return picture;
}

export function setPixel({ width, height, rgba }: Picture, x: number, y: number, colour: number): void {
  if (x < 0 || y < 0 || x >= width || y >= height) return;
  rgba.set([colour >> 16, (colour >> 8) & 0xff, colour & 0xff, 0xff], 4 * (y * width + x));
}

export function fillRectangle(
  picture: Picture,
  x: number,
  y: number,
  width: number,
  height: number,
  colour: number,
): void {
  for (let row = y; row < y + height; row++) for (let i = x; i < x + width; i++) setPixel(picture, i, row, colour);
}

/** Draws text as a console does. `ground` null leaves what is behind it. */
export function drawGlyphs(
  picture: Picture,
  font: GlyphFont,
  text: string,
  { x, y, ink, ground = null }: { x: number; y: number; ink: number; ground?: number | null },
): void {
  let left = x;
  for (const character of text) {
    const glyph = font.glyphs.find((each) => each.character === character);
    if (glyph === undefined) throw new Error(`the fixture has no ${character} in ${font.name}`);
    glyph.rows.forEach((row, dy) => {
      for (let dx = 0; dx < glyph.width; dx++) {
        const set = ((row >>> (glyph.width - 1 - dx)) & 1) === 1;
        if (set) setPixel(picture, left + dx, y + dy, ink);
        else if (ground !== null) setPixel(picture, left + dx, y + dy, ground);
      }
    });
    left += glyph.width;
  }
}

/** Numbers that look random and are the same in every run: 0 to 1, 1 not included. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
