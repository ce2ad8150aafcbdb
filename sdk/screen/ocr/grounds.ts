/**
 * Where a picture's grounds are: the even areas that text stands on. Windows, list rows, buttons and the highlighted row
 * each come out as a ground of their own, whatever their colour, so that no line of text mixes polarities.
 */
import type { Region } from '../content.js';
import { pixelsOf, type Picture } from '../picture.js';

/** Neighbours that differ by no more in each channel are even: gradients are, and the steps of 16-bit modes. */
const EVEN = 10;
/**
 * Pixels of a ground's core (those in the middle of 3x3 even ones). Less is the inside of a letter or of its stroke: the
 * thickest stroke of a 40-pixel logo has about 250.
 */
const LEAST_GROUND = 300;
/** Pixels that a ground runs on into what is too narrow for its core. */
const FURTHEST = 3;

/** Labels of the pixels of an area: 0 is ink (text, borders, pictures), anything else the number of a ground. */
export interface Grounds {
  readonly area: Region;
  /** `area.width * area.height` labels, rows from the top. */
  readonly labels: Int32Array;
}

/** @param area whole pixels inside the picture (`clampRegion`) */
export function findGrounds(picture: Picture, area: Region): Grounds {
  const { width, height } = area;
  const core = coreOf(picture, area);
  const regions = labelRuns(core, width, height, false);
  const labels = new Int32Array(width * height);
  for (let i = 0; i < labels.length; i++) {
    const label = regions.labels[i] ?? 0;
    if (label === 0 || (regions.sizes[label] ?? 0) < LEAST_GROUND) continue;
    // A core pixel stands for the 3x3 pixels around it, which are even.
    for (let at = i - width - 1; at <= i + width - 1; at += width) {
      labels[at] = label;
      labels[at + 1] = label;
      labels[at + 2] = label;
    }
  }
  spread(picture, area, labels);
  return { area, labels };
}

/** Lets grounds run into what is too narrow for a core: between letters, between a letter and a border beside it. */
function spread(picture: Picture, area: Region, labels: Int32Array): void {
  const { width, height } = area;
  const pixels = pixelsOf(picture);
  const pixelAt = (i: number) => pixels[(area.y + Math.floor(i / width)) * picture.width + area.x + (i % width)] ?? 0;
  const queue: number[] = [];
  const offer = (from: number, to: number) => {
    if (labels[to] !== 0 || !isEven(pixelAt(from), pixelAt(to))) return;
    labels[to] = labels[from] ?? 0;
    queue.push(to);
  };
  const offerAround = (i: number) => {
    const x = i % width;
    if (x > 0) offer(i, i - 1);
    if (x + 1 < width) offer(i, i + 1);
    if (i >= width) offer(i, i - width);
    if (i + width < width * height) offer(i, i + width);
  };
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] !== 0) continue;
    // Offers come from grounds that border on this pixel.
    if (i % width > 0 && labels[i - 1] !== 0) offer(i - 1, i);
    if (labels[i] === 0 && i % width < width - 1 && labels[i + 1] !== 0) offer(i + 1, i);
    if (labels[i] === 0 && i >= width && labels[i - width] !== 0) offer(i - width, i);
    if (labels[i] === 0 && i + width < labels.length && labels[i + width] !== 0) offer(i + width, i);
  }
  // A few pixels far only: a letter in the colour of the ground beside it is not to be flooded whole.
  for (let at = 0, end = queue.length, depth = 1; depth < FURTHEST; depth++, end = queue.length) {
    for (; at < end; at++) offerAround(queue[at] ?? 0);
  }
}

/** 1 where a pixel and its eight neighbours are even. */
function coreOf(picture: Picture, area: Region): Uint8Array {
  const { width, height } = area;
  const pixels = pixelsOf(picture);
  // Bit 0: even with the right neighbour, and that one with its own; bit 1: the same downwards.
  const even = new Uint8Array(width * height);
  const stride = picture.width;
  for (let y = 0; y < height; y++) {
    const row = (area.y + y) * stride + area.x;
    let before = false;
    for (let x = 0; x + 1 < width; x++) {
      const at = row + x;
      const here = isEven(pixels[at] ?? 0, pixels[at + 1] ?? 0);
      if (here && before) even[y * width + x] = 1;
      before = here;
    }
  }
  const core = new Uint8Array(width * height);
  for (let y = 1; y + 1 < height; y++) {
    for (let x = 1; x + 1 < width; x++) {
      const i = y * width + x;
      if (((even[i - width] ?? 0) & (even[i] ?? 0) & (even[i + width] ?? 0)) === 0) continue;
      // Rows are even in themselves: one column that is even downwards joins them.
      const at = (area.y + y) * stride + area.x + x;
      const pixel = pixels[at] ?? 0;
      if (isEven(pixel, pixels[at - stride] ?? 0) && isEven(pixel, pixels[at + stride] ?? 0)) core[i] = 1;
    }
  }
  return core;
}

function isEven(a: number, b: number): boolean {
  if (a === b) return true;
  return (
    Math.abs((a & 255) - (b & 255)) <= EVEN &&
    Math.abs(((a >>> 8) & 255) - ((b >>> 8) & 255)) <= EVEN &&
    Math.abs(((a >>> 16) & 255) - ((b >>> 16) & 255)) <= EVEN
  );
}

export interface Labelled {
  /** 0 where the mask is 0. */
  labels: Int32Array;
  /** Pixels of each label. */
  sizes: Uint32Array;
}

/** Numbers what hangs together in a mask: by sides, or by corners too. */
export function labelRuns(mask: Uint8Array, width: number, height: number, corners: boolean): Labelled {
  const labels = new Int32Array(width * height);
  const parents = [0];
  const rootOf = (label: number) => {
    let root = label;
    while (parents[root] !== root) root = parents[root] ?? 0;
    while (parents[label] !== root) {
      const next = parents[label] ?? 0;
      parents[label] = root;
      label = next;
    }
    return root;
  };
  const reach = corners ? 1 : 0;
  for (let y = 0; y < height; y++) {
    const row = y * width;
    for (let x = 0; x < width; x++) {
      if (mask[row + x] === 0) continue;
      const start = x;
      while (x < width && mask[row + x] === 1) x++;
      let label = 0;
      if (y > 0) {
        const last = Math.min(width, x + reach);
        for (let above = Math.max(0, start - reach); above < last; above++) {
          const other = labels[row - width + above] ?? 0;
          if (other === 0) continue;
          if (label === 0) label = rootOf(other);
          else if (other !== label) {
            const root = rootOf(other);
            if (root !== label) {
              const [low, high] = root < label ? [root, label] : [label, root];
              parents[high] = low;
              label = low;
            }
          }
        }
      }
      if (label === 0) {
        label = parents.length;
        parents.push(label);
      }
      labels.fill(label, row + start, row + x);
    }
  }
  const roots = Int32Array.from(parents, (_, label) => rootOf(label));
  const sizes = new Uint32Array(parents.length);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] ?? 0;
    if (label === 0) continue;
    const root = roots[label] ?? 0;
    labels[i] = root;
    sizes[root] = (sizes[root] ?? 0) + 1;
  }
  return { labels, sizes };
}
