/** Which colours of a picture text could be written in. */

const SLOT_BITS = 16;
const MIN_STEMS = 6;
export const MAX_INKS = 32;

/**
 * Colours that have upright strokes one or two pixels wide, those with most of them first: letters have, in exactly
 * one colour, whatever is behind them. Photographs and anti-aliased text have few.
 * @param step looks at every so many rows only
 */
export function inkColours(pixels: Uint32Array, width: number, top: number, bottom: number, step: number): number[] {
  const slots = 2 ** SLOT_BITS;
  const colours = new Uint32Array(slots);
  const stems = new Uint32Array(slots);
  let free = slots >> 1;
  for (let y = Math.max(1, top); y < bottom; y += step) {
    const at = y * width;
    let before = pixels[at] ?? 0;
    for (let x = 1; x < width - 2; x++) {
      const colour = pixels[at + x] ?? 0;
      if (colour === before) continue;
      before = colour;
      if (colour === pixels[at + x + 1] && colour === pixels[at + x + 2]) continue;
      if (colour !== pixels[at + x - width]) continue;
      let slot = Math.imul(colour, 0x9e3779b1) >>> (32 - SLOT_BITS);
      while (stems[slot] !== 0 && colours[slot] !== colour) slot = (slot + 1) & (slots - 1);
      if (stems[slot] === 0) {
        if (free === 0) continue;
        free--;
        colours[slot] = colour;
      }
      stems[slot] = (stems[slot] ?? 0) + 1;
    }
  }
  const found: number[] = [];
  for (let slot = 0; slot < slots; slot++) if ((stems[slot] ?? 0) >= MIN_STEMS) found.push(slot);
  found.sort((a, b) => (stems[b] ?? 0) - (stems[a] ?? 0));
  return found.slice(0, MAX_INKS).map((slot) => colours[slot] ?? 0);
}
