/** Bochs VBE modes: a linear frame buffer of 8, 15, 16, 24 or 32 bits a pixel. */
import type { GraphicContent } from '../../../screen/content.js';
import { toPixel } from '../../../screen/draw-text.js';
import { dacColour, type VgaDevice } from './vga-device.js';

export interface LinearMode {
  width: number;
  height: number;
  bitsPerPixel: number;
  /** 0 for depths that v86 does not emulate. */
  bytesPerPixel: number;
  /** First visible byte, and the number of visible bytes: rows follow each other without a gap. */
  start: number;
  length: number;
}

export function linearMode(vga: VgaDevice): LinearMode {
  const { svga_width: width, svga_height: height, svga_bpp: bitsPerPixel } = vga;
  const bytesPerPixel = { 8: 1, 15: 2, 16: 2, 24: 3, 32: 4 }[bitsPerPixel] ?? 0;
  return {
    width,
    height,
    bitsPerPixel,
    bytesPerPixel,
    start: vga.svga_offset * bytesPerPixel,
    length: width * height * bytesPerPixel,
  };
}

/** The picture; what lies beyond the video memory is black, as is a depth that v86 does not emulate. */
export function readLinear(vga: VgaDevice, videoMemory: Uint8Array): GraphicContent {
  const mode = linearMode(vga);
  const { width, height, bitsPerPixel } = mode;
  // Signed: the engine keeps these in registers, where half of all unsigned words would be doubles.
  const pixels = new Int32Array(width * height);
  const bytes = videoMemory.subarray(mode.start, mode.start + mode.length);
  switch (bitsPerPixel) {
    case 8:
      from8(vga, bytes, pixels);
      break;
    case 15:
      from16(bytes, pixels, EXPAND_555);
      break;
    case 16:
      from16(bytes, pixels, EXPAND_565);
      break;
    case 24:
      from24(bytes, pixels);
      break;
    case 32:
      from32(bytes, pixels);
      break;
  }
  const covered = mode.bytesPerPixel === 0 ? 0 : Math.floor(bytes.length / mode.bytesPerPixel);
  pixels.fill(BLACK, covered);
  const words = `${width}x${height}, ${bitsPerPixel} bpp`;
  return {
    kind: 'graphic',
    width,
    height,
    rgba: new Uint8Array(pixels.buffer),
    mode: mode.bytesPerPixel === 0 ? `${words}, which v86 does not emulate: shown black` : words,
  };
}

function from8(vga: VgaDevice, bytes: Uint8Array, pixels: Int32Array): void {
  const palette = Int32Array.from({ length: 256 }, (_, i) => toPixel(dacColour(vga, i)));
  for (let i = 0; i < bytes.length; i++) pixels[i] = palette[bytes[i] ?? 0] ?? 0;
}

/** Opaque. */
const BLACK = 0xff000000 | 0;

/** A channel's high bits are repeated in its low ones, so that the brightest value is 255. */
const FIVE = Uint8Array.from({ length: 32 }, (_, v) => (v << 3) | (v >> 2));
const SIX = Uint8Array.from({ length: 64 }, (_, v) => (v << 2) | (v >> 4));

const EXPAND_555 = (v: number) => rgb(FIVE[(v >> 10) & 31] ?? 0, FIVE[(v >> 5) & 31] ?? 0, FIVE[v & 31] ?? 0);
const EXPAND_565 = (v: number) => rgb(FIVE[v >> 11] ?? 0, SIX[(v >> 5) & 63] ?? 0, FIVE[v & 31] ?? 0);

function rgb(red: number, green: number, blue: number): number {
  return red | (green << 8) | (blue << 16) | 0xff000000;
}

function from16(bytes: Uint8Array, pixels: Int32Array, expand: (value: number) => number): void {
  const count = bytes.length >> 1;
  for (let i = 0; i < count; i++) pixels[i] = expand((bytes[2 * i] ?? 0) | ((bytes[2 * i + 1] ?? 0) << 8));
}

function from24(bytes: Uint8Array, pixels: Int32Array): void {
  const count = Math.floor(bytes.length / 3);
  for (let i = 0; i < count; i++) pixels[i] = rgb(bytes[3 * i + 2] ?? 0, bytes[3 * i + 1] ?? 0, bytes[3 * i] ?? 0);
}

function from32(bytes: Uint8Array, pixels: Int32Array): void {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const words = new Int32Array(aligned.buffer, aligned.byteOffset, aligned.length >> 2);
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? 0;
    pixels[i] = ((word >>> 16) & 0xff) | (word & 0xff00) | ((word & 0xff) << 16) | 0xff000000;
  }
}
