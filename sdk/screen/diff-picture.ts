/** A picture of what differs between two: pixelmatch's own, made once, when a comparison has failed for good. */
import pixelmatch from 'pixelmatch';
import { clipOf, DEFAULT_THRESHOLD, type CompareOptions } from './compare-options.js';
import type { Region } from './content.js';
import { MASK } from './counter.js';
import { clampRegion, crop, fill, pixelsOf, type Picture } from './picture.js';

/**
 * A picture of what differs: the expected one faded, differences red, what passes for anti-aliasing yellow, masks a
 * translucent magenta. Of two sizes, the larger width and height; what only one has is a difference.
 */
export function drawDiff(expected: Picture, actual: Picture, options: CompareOptions = {}): Picture {
  const width = Math.max(expected.width, actual.width);
  const height = Math.max(expected.height, actual.height);
  const area = clipOf({ width, height }, options.clip);
  const sameSize = expected.width === actual.width && expected.height === actual.height;
  const a = sameSize ? expected : pad(expected, width, height);
  const b = sameSize ? actual : pad(actual, width, height);
  const [left, right] = prepare(a, b, area, options.masks ?? []);
  const rgba = new Uint8Array(4 * area.width * area.height);
  pixelmatch(left.rgba, right.rgba, rgba, area.width, area.height, {
    threshold: options.threshold ?? DEFAULT_THRESHOLD,
    includeAA: options.includeAA ?? false,
  });
  tint(rgba, area, options.masks ?? []);
  if (area.width === width && area.height === height) return { width, height, rgba };
  return embed(fade(a), area, rgba);
}

/** The compared area of both, masked; no copy where nothing is cut or masked. */
function prepare(a: Picture, b: Picture, area: Region, masks: readonly Region[]): [Picture, Picture] {
  const whole = area.width === a.width && area.height === a.height;
  if (whole && masks.length === 0) return [a, b];
  const moved = masks.map((mask) => ({ ...mask, x: mask.x - area.x, y: mask.y - area.y }));
  const cut = (picture: Picture): Picture => {
    const copy = crop(picture, area);
    fill(pixelsOf(copy), area.width, moved, MASK);
    return copy;
  };
  return [cut(a), cut(b)];
}

function pad(picture: Picture, width: number, height: number): Picture {
  const rgba = new Uint8Array(4 * width * height);
  return embed({ width, height, rgba }, { x: 0, y: 0, width: picture.width, height: picture.height }, picture.rgba);
}

/** Puts `rgba` into a region of a picture, in place. */
function embed(picture: Picture, region: Region, rgba: Uint8Array): Picture {
  for (let y = 0; y < region.height; y++) {
    const row = rgba.subarray(4 * y * region.width, 4 * (y + 1) * region.width);
    picture.rgba.set(row, 4 * ((region.y + y) * picture.width + region.x));
  }
  return picture;
}

/** A picture as pixelmatch draws what is equal. */
function fade(picture: Picture): Picture {
  const rgba = new Uint8Array(picture.rgba.length);
  pixelmatch(picture.rgba, picture.rgba, rgba, picture.width, picture.height);
  return { ...picture, rgba };
}

function tint(rgba: Uint8Array, area: Region, masks: readonly Region[]): void {
  for (const mask of masks) {
    const inside = clampRegion({ ...mask, x: mask.x - area.x, y: mask.y - area.y }, area);
    if (inside === null) continue;
    for (let y = inside.y; y < inside.y + inside.height; y++) {
      for (let x = inside.x; x < inside.x + inside.width; x++) {
        const at = 4 * (y * area.width + x);
        rgba[at] = ((rgba[at] ?? 0) + 255) >> 1;
        rgba[at + 1] = (rgba[at + 1] ?? 0) >> 1;
        rgba[at + 2] = ((rgba[at + 2] ?? 0) + 255) >> 1;
      }
    }
  }
}
