/** Pictures to look for and to look in, for tests and for the bench. */
import { crop, type Picture } from './picture.js';
import type { Region } from './content.js';

/** Random numbers from 0 to below 1 that are the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A picture of characters: each is a colour of `colours`. */
export function picture(rows: readonly string[], colours: Readonly<Record<string, number>>): Picture {
  const width = rows[0]?.length ?? 0;
  const rgba = new Uint8Array(4 * width * rows.length);
  rows.forEach((row, y) =>
    Array.from(row).forEach((character, x) => {
      const colour = colours[character];
      if (colour === undefined) return;
      rgba.set([colour >> 16, (colour >> 8) & 255, colour & 255, 255], 4 * (y * width + x));
    }),
  );
  return { width, height: rows.length, rgba };
}

/** An opaque picture of which each pixel is one of the colours (0xRRGGBB), at random. */
export function randomPicture(
  random: () => number,
  width: number,
  height: number,
  colours: readonly number[],
): Picture {
  const rgba = new Uint8Array(4 * width * height);
  for (let at = 0; at < rgba.length; at += 4) {
    const colour = colours[Math.floor(random() * colours.length)] ?? 0;
    rgba.set([colour >> 16, (colour >> 8) & 255, colour & 255, 255], at);
  }
  return { width, height, rgba };
}

/** A picture with each channel of each pixel changed by up to `most`, evenly at random. */
export function withNoise(clean: Picture, random: () => number, most: number): Picture {
  const rgba = clean.rgba.map((value, at) => {
    if (at % 4 === 3) return value;
    return Math.max(0, Math.min(255, value + Math.floor(random() * (2 * most + 1)) - most));
  });
  return { ...clean, rgba };
}

/** A picture of one colour. */
export function flat(width: number, height: number, colour: number): Picture {
  return randomPicture(() => 0, width, height, [colour]);
}

/** A copy with another picture drawn over it. */
export function pasted(under: Picture, over: Picture, x: number, y: number): Picture {
  const rgba = under.rgba.slice();
  for (let row = 0; row < over.height; row++) {
    rgba.set(over.rgba.subarray(4 * row * over.width, 4 * (row + 1) * over.width), 4 * ((y + row) * under.width + x));
  }
  return { ...under, rgba };
}

/** A part of a picture of this size, anywhere. */
export function randomCrop(screen: Picture, random: () => number, width: number, height: number): [Region, Picture] {
  const x = Math.floor(random() * (screen.width - width + 1));
  const y = Math.floor(random() * (screen.height - height + 1));
  const region = { x, y, width, height };
  return [region, crop(screen, region)];
}

/**
 * What finding has to come to, told the slow way: the mean absolute difference of a channel at every place, given up
 * above `limit`. Pixels of the wanted picture with an alpha of 0 do not count.
 */
export function scoreAt(screen: Picture, wanted: Picture, x: number, y: number, limit = Infinity): number {
  let sum = 0;
  let counted = 0;
  for (let at = 3; at < wanted.rgba.length; at += 4) if (wanted.rgba[at] !== 0) counted++;
  for (let row = 0; row < wanted.height; row++) {
    for (let column = 0; column < wanted.width; column++) {
      const here = 4 * (row * wanted.width + column);
      if (wanted.rgba[here + 3] === 0) continue;
      const there = 4 * ((y + row) * screen.width + x + column);
      for (let channel = 0; channel < 3; channel++) {
        sum += Math.abs((wanted.rgba[here + channel] ?? 0) - (screen.rgba[there + channel] ?? 0));
      }
    }
    if (sum > limit * 3 * counted) break;
  }
  return sum / (3 * counted);
}
