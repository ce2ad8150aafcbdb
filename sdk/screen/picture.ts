/** Pictures as plain data, and what comparing them needs: words, cutting, masking. */
import type { Region } from './content.js';

/** RGBA, 4 bytes a pixel, rows from the top. A {@link Frame} is one. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array;
}

/** A picture's pixels as words; copies only what is not aligned. */
export function pixelsOf({ rgba, width, height }: Picture): Uint32Array {
  const aligned = rgba.byteOffset % 4 === 0 ? rgba : rgba.slice();
  return new Uint32Array(aligned.buffer, aligned.byteOffset, width * height);
}

/** The part of a region that is inside a picture; null when there is none. Fractions are widened to whole pixels. */
export function clampRegion(region: Region, { width, height }: { width: number; height: number }): Region | null {
  const left = Math.max(0, Math.floor(region.x));
  const top = Math.max(0, Math.floor(region.y));
  const right = Math.min(width, Math.ceil(region.x + region.width));
  const bottom = Math.min(height, Math.ceil(region.y + region.height));
  return right > left && bottom > top ? { x: left, y: top, width: right - left, height: bottom - top } : null;
}

/** A copy of a region, which must be inside the picture ({@link clampRegion}). */
export function crop(picture: Picture, region: Region): Picture {
  const rgba = new Uint8Array(4 * region.width * region.height);
  for (let y = 0; y < region.height; y++) {
    const from = 4 * ((region.y + y) * picture.width + region.x);
    rgba.set(picture.rgba.subarray(from, from + 4 * region.width), 4 * y * region.width);
  }
  return { width: region.width, height: region.height, rgba };
}

/** Fills regions of pixels with one colour, in place. */
export function fill(pixels: Uint32Array, width: number, regions: readonly Region[], colour: number): void {
  const height = pixels.length / width;
  for (const region of regions) {
    const inside = clampRegion(region, { width, height });
    if (inside === null) continue;
    for (let y = inside.y; y < inside.y + inside.height; y++) {
      pixels.fill(colour, y * width + inside.x, y * width + inside.x + inside.width);
    }
  }
}
