/** A picture that is looked for: what can be known of it before any screen is seen, worked out once. */
import { GuestwrightError } from '../../errors.js';
import { pixelsOf, type Picture } from '../picture.js';
import { chooseAnchors, type Anchors } from './anchors.js';
import { cutBlocks, type Blocks } from './blocks.js';
import { COLOUR, TRANSPARENT, type Words } from './words.js';

/** Coarse blocks are so many, about; fine ones more, but of no less than 4x4 pixels. */
const COARSE_BLOCKS = 16;
const FINE_BLOCKS = 400;

/** A level of the pyramid. */
export interface Level {
  /** About the width and the height of its blocks. */
  readonly size: number;
  readonly blocks: Blocks;
}

export class Needle implements Words {
  readonly width: number;
  readonly height: number;
  /** Colours of the pixels, row by row; what is transparent is {@link TRANSPARENT}. */
  readonly words: Int32Array;
  /** How many pixels count: those that are not transparent. */
  readonly counted: number;
  /** Runs of pixels that count, as (row, from, to) with `to` behind the last; rows with most edges first. */
  readonly spans: Int32Array;
  /** The one colour that all pixels have that count; null where there are several. */
  readonly flat: number | null;
  readonly #wanted: { anchors?: Anchors | null; coarse?: Level; fine?: Level } = {};

  /** @throws GuestwrightError `usage/picture-invalid`, `usage/picture-empty` */
  constructor(picture: Picture) {
    checkPicture(picture, 'wanted');
    this.width = picture.width;
    this.height = picture.height;
    this.words = wordsOf(picture);
    this.counted = countOf(this.words);
    if (this.counted === 0) {
      throw new GuestwrightError('The picture to find has nothing in it', {
        kind: 'usage',
        code: 'picture-empty',
        expected: 'at least one pixel that is not transparent',
        seen: `${picture.width}x${picture.height} transparent pixels`,
        next: 'cut it out of a screenshot again',
      });
    }
    this.spans = spansOf(this.words, this.width);
    const first = this.words.find((word) => word !== TRANSPARENT) ?? 0;
    this.flat = this.words.every((word) => word === first || word === TRANSPARENT) ? first : null;
  }

  /** Null when nothing in the picture can serve: it is flat, or of single pixels among transparent ones. */
  get anchors(): Anchors | null {
    if (this.#wanted.anchors === undefined) this.#wanted.anchors = this.flat === null ? chooseAnchors(this) : null;
    return this.#wanted.anchors;
  }

  get coarse(): Level {
    this.#wanted.coarse ??= this.#cut(Math.max(8, Math.ceil(Math.sqrt(this.#area / COARSE_BLOCKS))));
    return this.#wanted.coarse;
  }

  get fine(): Level {
    this.#wanted.fine ??= this.#cut(Math.max(4, Math.ceil(Math.sqrt(this.#area / FINE_BLOCKS))));
    return this.#wanted.fine;
  }

  #cut(size: number): Level {
    return { size, blocks: cutBlocks(this, size) };
  }

  /** The sum of differences that a score (a mean for each channel) stands for. */
  sumOf(score: number): number {
    return Math.floor(score * 3 * this.counted + 1e-6);
  }

  scoreOf(sum: number): number {
    return sum / (3 * this.counted);
  }

  get #area(): number {
    return this.width * this.height;
  }
}

/** @throws GuestwrightError `usage/picture-invalid` */
export function checkPicture({ width, height, rgba }: Picture, name: string): void {
  const whole = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0;
  if (whole && rgba.length === 4 * width * height) return;
  throw new GuestwrightError(`The ${name} picture is no RGBA picture`, {
    kind: 'usage',
    code: 'picture-invalid',
    expected: 'width and height of at least one pixel, and 4 bytes for each pixel',
    seen: `${width}x${height} pixels in ${rgba.length} bytes`,
  });
}

function wordsOf(picture: Picture): Int32Array {
  const pixels = pixelsOf(picture);
  const words = new Int32Array(pixels.length);
  for (let i = 0; i < words.length; i++) {
    const pixel = pixels[i] ?? 0;
    words[i] = pixel >>> 24 === 0 ? TRANSPARENT : pixel & COLOUR;
  }
  return words;
}

function countOf(words: Int32Array): number {
  let counted = 0;
  for (const word of words) if (word !== TRANSPARENT) counted++;
  return counted;
}

function spansOf(words: Int32Array, width: number): Int32Array {
  const spans: { row: number; from: number; to: number; edges: number }[] = [];
  for (let start = 0; start < words.length; start += width) {
    for (let x = 0; x < width; x++) {
      if (words[start + x] === TRANSPARENT) continue;
      const from = x;
      let edges = 0;
      while (x + 1 < width && words[start + x + 1] !== TRANSPARENT) {
        if (words[start + x] !== words[start + x + 1]) edges++;
        x++;
      }
      spans.push({ row: start / width, from, to: x + 1, edges });
    }
  }
  spans.sort((a, b) => b.edges - a.edges);
  return Int32Array.from(spans.flatMap(({ row, from, to }) => [row, from, to]));
}
