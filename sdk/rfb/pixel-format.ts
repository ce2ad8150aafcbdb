/** How a viewer wants pixels, and pixels turned into that. */
import { GuestwrightError } from '../errors.js';
import { viewOf } from './reading.js';

export interface PixelFormat {
  bitsPerPixel: 8 | 16 | 32;
  depth: number;
  bigEndian: boolean;
  /** False: a pixel is an index of a colour map. */
  trueColour: boolean;
  /** Red, green, blue: the highest value of each, and how far it is shifted to the left. */
  max: readonly [red: number, green: number, blue: number];
  shift: readonly [red: number, green: number, blue: number];
}

/** What we say that we have, until a viewer asks for something else. */
export const OWN_FORMAT: PixelFormat = {
  bitsPerPixel: 32,
  depth: 24,
  bigEndian: false,
  trueColour: true,
  max: [255, 255, 255],
  shift: [16, 8, 0],
};

/** The colours of a viewer with a colour map: 3 bits of red, 3 of green, 2 of blue. */
const MAPPED: PixelFormat = {
  bitsPerPixel: 8,
  depth: 8,
  bigEndian: false,
  trueColour: true,
  max: [7, 7, 3],
  shift: [5, 2, 0],
};

export const FORMAT_BYTES = 16;

/** @throws GuestwrightError `usage/rfb-invalid` for one that cannot be */
export function readPixelFormat(bytes: Uint8Array): PixelFormat {
  const view = viewOf(bytes);
  const bitsPerPixel = view.getUint8(0);
  if (bitsPerPixel !== 8 && bitsPerPixel !== 16 && bitsPerPixel !== 32) {
    throw formatInvalid(`${bitsPerPixel} bits a pixel`);
  }
  const trueColour = view.getUint8(3) !== 0;
  if (!trueColour && bitsPerPixel !== 8) throw formatInvalid(`a colour map of ${bitsPerPixel} bits a pixel`);
  const max = [view.getUint16(4), view.getUint16(6), view.getUint16(8)] as const;
  const shift = [view.getUint8(10), view.getUint8(11), view.getUint8(12)] as const;
  for (let i = 0; trueColour && i < 3; i++) {
    // A maximum is all ones, and has to fit where it is.
    const [top = 0, left = 0] = [max[i], shift[i]];
    if ((top & (top + 1)) !== 0 || left >= bitsPerPixel || left + Math.log2(top + 1) > bitsPerPixel) {
      throw formatInvalid(`a colour of at most ${top}, shifted by ${left}, in ${bitsPerPixel} bits`);
    }
  }
  return { bitsPerPixel, depth: view.getUint8(1), bigEndian: view.getUint8(2) !== 0, trueColour, max, shift };
}

export function writePixelFormat({ bitsPerPixel, depth, bigEndian, trueColour, max, shift }: PixelFormat): Uint8Array {
  const bytes = new Uint8Array(FORMAT_BYTES);
  const view = viewOf(bytes);
  bytes.set([bitsPerPixel, depth, Number(bigEndian), Number(trueColour)]);
  for (const [i, value] of max.entries()) view.setUint16(4 + 2 * i, value);
  bytes.set(shift, 10);
  return bytes;
}

/** The colour map that goes with {@link PixelWriter} of a format without true colour: red, green, blue of 16 bits, 256 times. */
export function colourMap(): Uint16Array {
  const colours = new Uint16Array(3 * 256);
  for (let index = 0; index < 256; index++) {
    for (let i = 0; i < 3; i++) {
      const [top = 1, left = 0] = [MAPPED.max[i], MAPPED.shift[i]];
      colours[3 * index + i] = Math.round((((index >> left) & top) / top) * 65_535);
    }
  }
  return colours;
}

/** Turns the colours of a screen into a viewer's pixels. */
export class PixelWriter {
  readonly bytes: number;
  /** Bytes of a pixel in ZRLE: where three hold all of it, the fourth is left out. */
  readonly compactBytes: number;
  /** Which of a pixel's four bytes is the first that ZRLE keeps. */
  readonly #compactFrom: number;
  readonly #format: PixelFormat;
  /** Of each colour, what its 256 values come to. */
  readonly #parts: readonly [Uint32Array, Uint32Array, Uint32Array];

  constructor(given: PixelFormat) {
    const format = given.trueColour ? given : MAPPED;
    this.#format = format;
    this.bytes = format.bitsPerPixel / 8;
    const { max, shift } = format;
    const part = (i: 0 | 1 | 2): Uint32Array =>
      Uint32Array.from({ length: 256 }, (_, value) => Math.round((value * max[i]) / 255) << shift[i]);
    this.#parts = [part(0), part(1), part(2)];
    const used = this.#parts.reduce((all, values) => all | (values[255] ?? 0), 0) >>> 0;
    const isCompact = format.bitsPerPixel === 32 && format.depth <= 24;
    const [low, high] = [used < 2 ** 24, (used & 0xff) === 0];
    this.compactBytes = isCompact && (low || high) ? 3 : this.bytes;
    // Low: the most significant byte is left out; it is the first where the pixel is big-endian.
    this.#compactFrom = this.compactBytes === this.bytes || low !== format.bigEndian ? 0 : 1;
  }

  /** @param rgb a pixel's colour as `r | g << 8 | b << 16` */
  value(rgb: number): number {
    const [red, green, blue] = this.#parts;
    return ((red[rgb & 0xff] ?? 0) | (green[(rgb >> 8) & 0xff] ?? 0) | (blue[(rgb >> 16) & 0xff] ?? 0)) >>> 0;
  }

  /** Writes a pixel's value. @returns where the next goes */
  put(target: Uint8Array, at: number, value: number): number {
    const { bitsPerPixel, bigEndian } = this.#format;
    for (let i = 0; i < this.bytes; i++) {
      target[at + i] = value >>> (bigEndian ? bitsPerPixel - 8 - 8 * i : 8 * i);
    }
    return at + this.bytes;
  }

  /** As ZRLE has it. */
  putCompact(target: Uint8Array, at: number, value: number): number {
    if (this.compactBytes === this.bytes) return this.put(target, at, value);
    const { bigEndian } = this.#format;
    for (let i = 0; i < 3; i++) {
      const byte = i + this.#compactFrom;
      target[at + i] = value >>> (bigEndian ? 24 - 8 * byte : 8 * byte);
    }
    return at + 3;
  }
}

function formatInvalid(seen: string): GuestwrightError {
  return new GuestwrightError('The viewer asks for pixels that cannot be', {
    kind: 'usage',
    code: 'rfb-invalid',
    expected: '8, 16 or 32 bits a pixel, in which its three colours fit',
    seen,
  });
}
