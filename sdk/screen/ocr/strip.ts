/**
 * A line as the recogniser likes it: dark on light whatever it was, nothing else in it, grey stretched to full contrast,
 * and gaps between columns narrowed. What was moved can be mapped back.
 */
import { pixelsOf, type Picture } from '../picture.js';
import type { Line } from './lines.js';
import type { Mark } from './marks.js';

/** A grey picture, a byte a pixel: 255 is ground, 0 ink. */
export interface Grey {
  width: number;
  height: number;
  grey: Uint8Array;
}

export interface Strip {
  image: Grey;
  /** Where a column of the picture is on the screen, in pixels with fractions. */
  screenX(x: number): number;
}

/** Pixels of ground around the text. */
export const MARGIN = 4;
/** A gap is narrowed to this many heights of the text: a blank and a bit. */
const NARROWED = 0.9;
interface Stretch {
  /** Columns of the strip before scaling. */
  from: number;
  /** Columns of the screen. */
  left: number;
  right: number;
}

export function prepareStrip(picture: Picture, line: Line): Strip {
  const height = line.bottom - line.top;
  const stretches = narrowGaps(line, Math.max(4, Math.round(NARROWED * height)));
  const last = stretches.at(-1);
  const width = last === undefined ? 0 : last.from + last.right - last.left;
  const image: Grey = {
    width: width + 2 * MARGIN,
    height: height + 2 * MARGIN,
    grey: new Uint8Array((width + 2 * MARGIN) * (height + 2 * MARGIN)).fill(255),
  };
  const contrast = usualContrast(line);
  for (const mark of line.marks) drawMark(picture, image, line, mark, stretches, contrast);
  return {
    image,
    screenX: (x) => {
      const column = x - MARGIN;
      const stretch = stretches.findLast((one) => one.from <= column) ?? stretches[0];
      if (stretch === undefined) return line.left;
      return Math.min(stretch.right, stretch.left + column - stretch.from);
    },
  };
}

/** The parts of the line between its wide gaps, moved together. */
function narrowGaps(line: Line, gap: number): Stretch[] {
  const stretches: Stretch[] = [];
  let current: Stretch | undefined;
  for (const mark of line.marks) {
    if (current !== undefined && mark.left - current.right <= gap) {
      current.right = Math.max(current.right, mark.right);
      continue;
    }
    const from = current === undefined ? 0 : current.from + current.right - current.left + gap;
    current = { from, left: mark.left, right: mark.right };
    stretches.push(current);
  }
  return stretches;
}

/** The contrast that nine in ten of a line's marks stay below: thin marks have less than full ink. */
function usualContrast(line: Line): number {
  const contrasts = line.marks.map((mark) => mark.contrast).sort((a, b) => a - b);
  return contrasts[Math.floor(0.9 * (contrasts.length - 1))] ?? 255;
}

/** Draws a mark, a pixel of its surroundings included, as far from its ground as it is on the screen. */
function drawMark(picture: Picture, to: Grey, line: Line, mark: Mark, stretches: Stretch[], usual: number): void {
  const stretch = stretches.findLast((one) => one.left <= mark.left);
  if (stretch === undefined) return;
  const pixels = pixelsOf(picture);
  const ground = split(mark.groundColour);
  const ink = split(mark.inkColour).map((value, channel) => value - (ground[channel] ?? 0));
  const length = ink.reduce((sum, value) => sum + value * value, 0);
  // A mark in a paler colour than its line is stretched too, a thin one is not blown up.
  const stretching = mark.contrast < usual ? Math.min(1, mark.contrast / (0.6 * usual)) : 1;
  for (let y = Math.max(0, mark.top - 1); y < Math.min(picture.height, mark.bottom + 1); y++) {
    for (let x = Math.max(0, mark.left - 1); x < Math.min(picture.width, mark.right + 1); x++) {
      const colour = pixels[y * picture.width + x] ?? 0;
      const along =
        (((colour & 255) - (ground[0] ?? 0)) * (ink[0] ?? 0) +
          (((colour >>> 8) & 255) - (ground[1] ?? 0)) * (ink[1] ?? 0) +
          (((colour >>> 16) & 255) - (ground[2] ?? 0)) * (ink[2] ?? 0)) /
        length;
      const value = Math.round(255 * (1 - Math.min(1, Math.max(0, along)) * stretching));
      const at = (y - line.top + MARGIN) * to.width + x - stretch.left + stretch.from + MARGIN;
      if (value < (to.grey[at] ?? 0)) to.grey[at] = value;
    }
  }
}

function split(colour: number): number[] {
  return [(colour >>> 16) & 255, (colour >>> 8) & 255, colour & 255];
}

/** Enlarges by a whole number, with Catmull-Rom's cubic. */
export function enlarge(from: Grey, scale: number): Grey {
  if (scale === 1) return from;
  const wide: Grey = {
    width: from.width * scale,
    height: from.height,
    grey: new Uint8Array(from.width * scale * from.height),
  };
  const taps = tapsOf(scale);
  for (let y = 0; y < from.height; y++) {
    for (let x = 0; x < wide.width; x++) {
      const { first, weights } = taps[x % scale] ?? NO_TAPS;
      const base = Math.floor(x / scale) + first;
      let sum = 0;
      for (let tap = 0; tap < 4; tap++) {
        const column = Math.min(from.width - 1, Math.max(0, base + tap));
        sum += (weights[tap] ?? 0) * (from.grey[y * from.width + column] ?? 0);
      }
      wide.grey[y * wide.width + x] = Math.min(255, Math.max(0, Math.round(sum)));
    }
  }
  const both: Grey = {
    width: wide.width,
    height: from.height * scale,
    grey: new Uint8Array(wide.width * from.height * scale),
  };
  for (let y = 0; y < both.height; y++) {
    const { first, weights } = taps[y % scale] ?? NO_TAPS;
    const base = Math.floor(y / scale) + first;
    const rows = [0, 1, 2, 3].map((tap) => Math.min(from.height - 1, Math.max(0, base + tap)) * wide.width);
    for (let x = 0; x < both.width; x++) {
      let sum = 0;
      for (let tap = 0; tap < 4; tap++) sum += (weights[tap] ?? 0) * (wide.grey[(rows[tap] ?? 0) + x] ?? 0);
      both.grey[y * both.width + x] = Math.min(255, Math.max(0, Math.round(sum)));
    }
  }
  return both;
}

interface Taps {
  /** The first of the four source pixels, relative to the one that the target pixel lies in. */
  first: number;
  weights: number[];
}

const NO_TAPS: Taps = { first: 0, weights: [1, 0, 0, 0] };

function tapsOf(scale: number): Taps[] {
  return Array.from({ length: scale }, (_, phase) => {
    const position = (phase + 0.5) / scale - 0.5;
    const first = Math.floor(position) - 1;
    return { first, weights: [0, 1, 2, 3].map((tap) => catmullRom(Math.abs(position - first - tap))) };
  });
}

function catmullRom(distance: number): number {
  if (distance < 1) return 1.5 * distance ** 3 - 2.5 * distance ** 2 + 1;
  if (distance < 2) return -0.5 * distance ** 3 + 2.5 * distance ** 2 - 4 * distance + 2;
  return 0;
}
