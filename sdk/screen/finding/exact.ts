/** Finding a picture exactly: by its anchors, by its one colour, or by all its pixels. */
import type { Area } from './area.js';
import { scanAnchors } from './anchors.js';
import { scanFlat, scanShape } from './flat.js';
import type { Needle } from './needle.js';
import { equalsAt } from './pixels.js';
import { Places } from './places.js';
import type { Words } from './words.js';

/** The first place in reading order, or with `all` as many as do not overlap, the earlier before the later. */
export function findExactly(screen: Words, needle: Needle, places: Area, all: boolean): Places {
  const found = new Places(needle);
  const visit = (x: number, y: number): boolean => {
    if (found.overlapping(x, y) !== null || !equalsAt(screen, needle, x, y)) return false;
    found.add({ x, y, sum: 0 });
    return !all;
  };
  const { anchors } = needle;
  if (anchors !== null) {
    scanAnchors(screen, anchors, places, (candidates) =>
      candidates.some((at) => visit(at % screen.width, Math.floor(at / screen.width))),
    );
  } else if (needle.flat !== null && needle.counted === needle.width * needle.height) {
    scanFlat(screen, needle, needle.flat, places, visit);
  } else if (needle.flat !== null) {
    scanShape(screen, needle, needle.flat, places, visit);
  } else {
    scanAll(places, visit);
  }
  return found;
}

/** A picture of single pixels among transparent ones: each place is tried. */
function scanAll({ left, top, width, height }: Area, visit: (x: number, y: number) => boolean): void {
  for (let y = top; y < top + height; y++) {
    for (let x = left; x < left + width; x++) if (visit(x, y)) return;
  }
}
