/** Rectangles of pixels, and of places: where the top left corner of a picture may lie. */
import type { Region } from '../content.js';

export interface Area {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Places at which a picture lies inside a region; null when it is larger. */
export function placesIn(region: Region, { width, height }: Size): Area | null {
  const across = region.width - width + 1;
  const down = region.height - height + 1;
  return across > 0 && down > 0 ? { left: region.x, top: region.y, width: across, height: down } : null;
}

/** The pixels that a picture covers at any of these places. */
export function coveredBy({ left, top, width, height }: Area, picture: Size): Area {
  return { left, top, width: width + picture.width - 1, height: height + picture.height - 1 };
}

/** The places that are at most `margin` pixels from one; null when there are none. */
export function placesAround(places: Area, { x, y }: { x: number; y: number }, margin: number): Area | null {
  const left = Math.max(places.left, x - margin);
  const top = Math.max(places.top, y - margin);
  const width = Math.min(places.left + places.width, x + margin + 1) - left;
  const height = Math.min(places.top + places.height, y + margin + 1) - top;
  return width > 0 && height > 0 ? { left, top, width, height } : null;
}

export function holds({ left, top, width, height }: Area, x: number, y: number): boolean {
  return x >= left && y >= top && x < left + width && y < top + height;
}
