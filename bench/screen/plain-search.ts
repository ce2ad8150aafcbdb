/** The plain way to find a picture, which ours is measured against: every place in turn. */
import type { Area } from '../../sdk/screen/finding/area.js';
import { pixelsOf, type Picture } from '../../sdk/screen/picture.js';

/** The first place at which all pixels are equal; a place is given up with the first that is not. */
export function findExactlyPlainly(screen: Picture, wanted: Picture, places: Area): { x: number; y: number } | null {
  const there = pixelsOf(screen);
  const here = pixelsOf(wanted);
  for (let y = places.top; y < places.top + places.height; y++) {
    for (let x = places.left; x < places.left + places.width; x++) {
      if (equal(there, y * screen.width + x, screen.width, here, wanted)) return { x, y };
    }
  }
  return null;
}

function equal(there: Uint32Array, at: number, width: number, here: Uint32Array, size: Picture): boolean {
  for (let row = 0; row < size.height; row++) {
    for (let column = 0; column < size.width; column++) {
      if (there[at + row * width + column] !== here[row * size.width + column]) return false;
    }
  }
  return true;
}

/**
 * The place with the least sum of absolute differences; a place is given up with the row in which it is above the least
 * so far, or above what the tolerance (mean difference of a channel) allows.
 */
export function findAlikePlainly(
  screen: Picture,
  wanted: Picture,
  places: Area,
  tolerance: number,
): { x: number; y: number } | null {
  let limit = Math.floor(tolerance * 3 * wanted.width * wanted.height);
  let best: { x: number; y: number } | null = null;
  for (let y = places.top; y < places.top + places.height; y++) {
    for (let x = places.left; x < places.left + places.width; x++) {
      const sum = difference(screen, wanted, x, y, limit);
      if (sum > limit) continue;
      best = { x, y };
      limit = sum - 1;
    }
  }
  return best;
}

function difference(screen: Picture, wanted: Picture, x: number, y: number, limit: number): number {
  const there = screen.rgba;
  const here = wanted.rgba;
  let sum = 0;
  for (let row = 0; row < wanted.height && sum <= limit; row++) {
    const from = 4 * ((y + row) * screen.width + x);
    const start = 4 * row * wanted.width;
    for (let i = 0; i < 4 * wanted.width; i += 4) {
      sum +=
        Math.abs((there[from + i] ?? 0) - (here[start + i] ?? 0)) +
        Math.abs((there[from + i + 1] ?? 0) - (here[start + i + 1] ?? 0)) +
        Math.abs((there[from + i + 2] ?? 0) - (here[start + i + 2] ?? 0));
    }
  }
  return sum;
}
