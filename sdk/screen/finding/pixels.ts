/** Comparing a picture with one place of the screen, pixel by pixel. */
import type { Needle } from './needle.js';
import { COLOUR, difference, type Words } from './words.js';

/** Whether all pixels that count are equal at a place. The witnesses, where there are any, are asked first. */
export function equalsAt(screen: Words, needle: Needle, x: number, y: number): boolean {
  const { words, width } = screen;
  const wanted = needle.words;
  const from = y * width + x;
  const witnesses = needle.anchors?.witnesses;
  if (witnesses !== undefined) {
    for (let i = 0; i < witnesses.length; i += 2) {
      const [column, row] = [witnesses[i] ?? 0, witnesses[i + 1] ?? 0];
      const seen = words[from + row * width + column] ?? 0;
      if (((seen ^ (wanted[row * needle.width + column] ?? 0)) & COLOUR) !== 0) return false;
    }
  }
  const { spans } = needle;
  for (let i = 0; i < spans.length; i += 3) {
    const row = spans[i] ?? 0;
    const there = from + row * width;
    const here = row * needle.width;
    const end = spans[i + 2] ?? 0;
    for (let column = spans[i + 1] ?? 0; column < end; column++) {
      if ((((words[there + column] ?? 0) ^ (wanted[here + column] ?? 0)) & COLOUR) !== 0) return false;
    }
  }
  return true;
}

/** The sum of absolute differences at a place; given up after the run of pixels with which it is above `limit`. */
export function differenceAt(screen: Words, needle: Needle, x: number, y: number, limit: number): number {
  const { words, width } = screen;
  const { spans } = needle;
  const wanted = needle.words;
  let sum = 0;
  for (let i = 0; i < spans.length && sum <= limit; i += 3) {
    const row = spans[i] ?? 0;
    const there = (y + row) * width + x;
    const here = row * needle.width;
    const end = spans[i + 2] ?? 0;
    for (let column = spans[i + 1] ?? 0; column < end; column++) {
      sum += difference(words[there + column] ?? 0, wanted[here + column] ?? 0);
    }
  }
  return sum;
}
