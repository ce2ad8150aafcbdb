/** Screens of several sizes in a video of one. Pure. */
import type { Picture } from '../../sdk/screen/picture.js';

/** In the middle of a black picture, pixel by pixel; what is larger than that is cut at the right and below. */
export function placeCentred(picture: Picture, { width, height }: { width: number; height: number }): Uint8Array {
  if (picture.width === width && picture.height === height) return picture.rgba;
  const placed = new Uint32Array(width * height).fill(0xff000000);
  const bytes = new Uint8Array(placed.buffer);
  const left = Math.max(0, Math.floor((width - picture.width) / 2));
  const top = Math.max(0, Math.floor((height - picture.height) / 2));
  const columns = Math.min(width, picture.width);
  for (let y = 0; y < Math.min(height, picture.height); y++) {
    const from = 4 * y * picture.width;
    bytes.set(picture.rgba.subarray(from, from + 4 * columns), 4 * ((top + y) * width + left));
  }
  return bytes;
}
