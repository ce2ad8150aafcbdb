/** Pictures made smaller, so that what they show can still be told. */
import type { Picture } from './picture.js';

/**
 * Each pixel is the mean of those it stands for. The proportions stay; a picture that is not wider is given back as it is.
 * @param width pixels, 1 or more
 */
export function shrink({ width: wide, height: high, rgba }: Picture, width: number): Picture {
  if (wide <= width) return { width: wide, height: high, rgba };
  const height = Math.max(1, Math.round((high * width) / wide));
  const small = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    const top = Math.floor((y * high) / height);
    const bottom = Math.max(top + 1, Math.floor(((y + 1) * high) / height));
    for (let x = 0; x < width; x++) {
      const left = Math.floor((x * wide) / width);
      const right = Math.max(left + 1, Math.floor(((x + 1) * wide) / width));
      let [red, green, blue, alpha] = [0, 0, 0, 0];
      for (let row = top; row < bottom; row++) {
        for (let at = (row * wide + left) * 4, end = (row * wide + right) * 4; at < end; at += 4) {
          red += rgba[at] ?? 0;
          green += rgba[at + 1] ?? 0;
          blue += rgba[at + 2] ?? 0;
          alpha += rgba[at + 3] ?? 0;
        }
      }
      const count = (bottom - top) * (right - left);
      const to = (y * width + x) * 4;
      small[to] = red / count;
      small[to + 1] = green / count;
      small[to + 2] = blue / count;
      small[to + 3] = alpha / count;
    }
  }
  return { width, height, rgba: small };
}
