/** The port of pixelmatch's count (`assembly/count.ts`), loaded and fed. */
import { clampRegion, type Picture } from '../picture.js';
import type { Region } from '../content.js';
import type { EqualBytes } from '../changed.js';
import { MASK, maxDeltaOf, withMargin, type Counted, type Counter, type CountRequest, type Marks } from '../counter.js';
import { plain, simd } from './binary.js';

/** What the module exports. */
interface Port {
  readonly memory: WebAssembly.Memory;
  /** Pixels that were not equal since `layout`: how many, and from which column to which. */
  readonly unequal: WebAssembly.Global;
  readonly left: WebAssembly.Global;
  readonly right: WebAssembly.Global;
  layout(width: number, height: number): number;
  place(x: number, y: number, width: number): void;
  mask(left: number, top: number, right: number, bottom: number, colour: number): void;
  count(first: number, last: number, maxDelta: number, antialiasing: number, limit: number, marking: number): number;
  equal(bytes: number): number;
}

/** Two ways to use one module. They share its memory, and nothing of a call stays in it. */
export interface WasmCounter {
  count: Counter;
  equalBytes: EqualBytes;
}

/** Which of the two modules: `simd` where the platform can, `plain` where it knows WebAssembly alone, else null. */
export type Build = 'simd' | 'plain';

/** Pixels that are in the module's memory at a time: that of 1024x1024, with all around them 9 MiB. */
const STRIP_PIXELS = 2 ** 20;
/** Bytes of each of two sequences that are compared at a time: they stay in a cache. */
const CHUNK_BYTES = 2 ** 17;

/** The best build that this platform can run. */
export function bestBuild(): Build | null {
  if (typeof WebAssembly === 'undefined') return null;
  if (WebAssembly.validate(bytesOf(simd))) return 'simd';
  return WebAssembly.validate(bytesOf(plain)) ? 'plain' : null;
}

/** @param stripPixels for tests: how many pixels are looked at at a time, at the least a few rows */
export function makeWasmCounter(build: Build, stripPixels = STRIP_PIXELS): WasmCounter {
  const port = load(build === 'simd' ? simd : plain);
  return {
    count: (request) => countInStrips(port, request, stripPixels),
    equalBytes: (a, b) => equalInChunks(port, a, b),
  };
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function load(base64: string): Port {
  // Small enough for a browser's main thread to compile at once.
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytesOf(base64)));
  if (!isPort(exports)) throw new TypeError('The WebAssembly module of dist does not fit its JavaScript: build anew');
  return exports;
}

function isPort(exports: object): exports is Port {
  const functions = ['layout', 'place', 'mask', 'count', 'equal'];
  return (
    ['memory', 'unequal', 'left', 'right'].every((name) => name in exports) &&
    functions.every((name) => typeof Reflect.get(exports, name) === 'function')
  );
}

/** Rows by rows, so that however large the pictures are, the memory is not. */
function countInStrips(port: Port, request: CountRequest, stripPixels: number): Counted {
  const { part, limit } = request;
  const rows = Math.max(1, Math.floor(stripPixels / part.width));
  const whole: Counted = { pixels: 0, unequal: false, marks: [] };
  for (let y = part.y; y < part.y + part.height && whole.pixels <= limit; y += rows) {
    const strip = { ...part, y, height: Math.min(rows, part.y + part.height - y) };
    const counted = countStrip(port, { ...request, part: strip, limit: limit - whole.pixels });
    whole.pixels += counted.pixels;
    whole.unequal ||= counted.unequal;
    whole.marks.push(...counted.marks);
  }
  return whole;
}

function countStrip(port: Port, request: CountRequest): Counted {
  const { expected, actual, area, part, masks, marking } = request;
  const region = withMargin(part, area);
  const at = port.layout(region.width, region.height);
  if (at === 0) throw new RangeError('There is no memory to compare two pictures in');
  const bytes = 4 * region.width * region.height;
  const memory = new Uint8Array(port.memory.buffer);
  copy(memory, at, expected, region);
  copy(memory, at + bytes, actual, region);
  for (const mask of masks) {
    const inside = clampRegion({ ...mask, x: mask.x - region.x, y: mask.y - region.y }, region);
    if (inside !== null) {
      port.mask(inside.x, inside.y, inside.x + inside.width, inside.y + inside.height, MASK);
    }
  }
  port.place(region.x - area.x, region.y - area.y, area.width);
  const first = part.y - region.y;
  const pixels = countRows(port, request, first, first + part.height);
  const unequal = Number(port.unequal.value) > 0;
  if (!marking || pixels === 0) return { pixels, unequal, marks: [] };
  const marks = marksOf(memory, at + 2 * bytes + first * region.width, region.width, {
    x: Number(port.left.value),
    y: first,
    width: Number(port.right.value) - Number(port.left.value) + 1,
    height: part.height,
  });
  return { pixels, unequal, marks: [{ ...marks, x: region.x + marks.x, y: region.y + marks.y }] };
}

/** Only the columns in which there is any difference. */
function marksOf(memory: Uint8Array, start: number, stride: number, region: Region): Marks {
  const bytes = new Uint8Array(region.width * region.height);
  for (let row = 0; row < region.height; row++) {
    const from = start + row * stride + region.x;
    bytes.set(memory.subarray(from, from + region.width), row * region.width);
  }
  return { ...region, bytes };
}

/** In several calls: a platform that compiles better while it runs takes the better code with the next call. */
function countRows(port: Port, request: CountRequest, first: number, last: number): number {
  const { threshold, includeAA, limit, marking } = request;
  let pixels = 0;
  for (let row = first; row < last && pixels <= limit; row += ROWS_PER_CALL) {
    const end = Math.min(row + ROWS_PER_CALL, last);
    const left = Math.min(limit - pixels, MAX_LIMIT);
    pixels += port.count(row, end, maxDeltaOf(threshold), Number(includeAA), left, Number(marking));
  }
  return pixels;
}

const ROWS_PER_CALL = 16;

/** No limit, to a module that counts in 32 bits. */
const MAX_LIMIT = 2 ** 31 - 1;

function copy(memory: Uint8Array, at: number, { rgba, width }: Picture, region: Region): void {
  if (region.width === width) {
    memory.set(rgba.subarray(4 * width * region.y, 4 * width * (region.y + region.height)), at);
    return;
  }
  for (let row = 0; row < region.height; row++) {
    const from = 4 * ((region.y + row) * width + region.x);
    memory.set(rgba.subarray(from, from + 4 * region.width), at + 4 * row * region.width);
  }
}

function equalInChunks(port: Port, a: Uint8Array, b: Uint8Array): boolean {
  const at = port.layout(CHUNK_BYTES / 4, 1);
  if (at === 0) throw new RangeError('There is no memory to compare two pictures in');
  const memory = new Uint8Array(port.memory.buffer);
  for (let from = 0; from < a.length; from += CHUNK_BYTES) {
    const end = Math.min(from + CHUNK_BYTES, a.length);
    memory.set(a.subarray(from, end), at);
    memory.set(b.subarray(from, end), at + CHUNK_BYTES);
    if (port.equal(end - from) === 0) return false;
  }
  return true;
}
