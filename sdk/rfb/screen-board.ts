/**
 * The screen that all viewers of a machine look at: its pixels, and for each tile when it last changed, so that a change
 * is found once for all of them and each is sent only what it has not been sent yet.
 */
import type { Region } from '../screen/content.js';

export const TILE_WIDTH = 64;
export const TILE_HEIGHT = 16;

/** Pixels of a side. What is larger is no screen. */
export const MAX_SIDE = 16_384;

export class ScreenBoard {
  #width: number;
  #height: number;
  /** A pixel a number: red, green, blue, alpha in the order of their bytes in memory. */
  #pixels: Uint32Array;
  #versions: Uint32Array;
  /** Counts up with every change of something. */
  #version = 1;
  /** Counts up with every change of the size. */
  #sizes = 0;
  readonly #listeners = new Set<() => void>();

  constructor(width: number, height: number) {
    [this.#width, this.#height] = [width, height];
    this.#pixels = new Uint32Array(width * height);
    this.#versions = new Uint32Array(this.columns * this.rows).fill(1);
  }

  get width(): number {
    return this.#width;
  }
  get height(): number {
    return this.#height;
  }
  get columns(): number {
    return Math.ceil(this.#width / TILE_WIDTH);
  }
  get rows(): number {
    return Math.ceil(this.#height / TILE_HEIGHT);
  }
  get sizes(): number {
    return this.#sizes;
  }
  get version(): number {
    return this.#version;
  }
  get pixels(): Uint32Array {
    return this.#pixels;
  }

  /** By tile, row by row. */
  get versions(): Uint32Array {
    return this.#versions;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** @param rgba the whole screen, 4 bytes a pixel */
  show(width: number, height: number, rgba: Uint8Array): void {
    if (width !== this.#width || height !== this.#height) this.resize(width, height);
    this.patch({ x: 0, y: 0, width, height }, rgba);
  }

  /** All of it is black, and new. */
  resize(width: number, height: number): void {
    if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE) {
      throw new RangeError(`${width}x${height} is no screen`);
    }
    [this.#width, this.#height] = [width, height];
    this.#pixels = new Uint32Array(width * height);
    this.#versions = new Uint32Array(this.columns * this.rows).fill(++this.#version);
    this.#sizes++;
    this.#tell();
  }

  /** @param place inside of the screen  @param rgba its pixels, row by row, 4 bytes each */
  patch(place: Region, rgba: Uint8Array): void {
    const { x, y, width, height } = place;
    if (x < 0 || y < 0 || x + width > this.#width || y + height > this.#height || rgba.length < 4 * width * height) {
      throw new RangeError('outside of the screen');
    }
    if (width === 0 || height === 0) return;
    const source = wordsOf(rgba);
    const next = this.#version + 1;
    let isChanged = false;
    const [left, right] = [Math.floor(x / TILE_WIDTH), Math.floor((x + width - 1) / TILE_WIDTH)];
    for (let line = 0; line < height; line++) {
      const row = Math.floor((y + line) / TILE_HEIGHT);
      for (let column = left; column <= right; column++) {
        const from = Math.max(x, column * TILE_WIDTH);
        const to = Math.min(x + width, (column + 1) * TILE_WIDTH);
        if (!this.#copyLine(source, line * width + from - x, (y + line) * this.#width + from, to - from)) continue;
        this.#versions[row * this.columns + column] = next;
        isChanged = true;
      }
    }
    if (!isChanged) return;
    this.#version = next;
    this.#tell();
  }

  /** @returns whether something was not so before */
  #copyLine(source: Uint32Array, from: number, to: number, count: number): boolean {
    const pixels = this.#pixels;
    for (let i = 0; i < count; i++) {
      if (source[from + i] === pixels[to + i]) continue;
      pixels.set(source.subarray(from + i, from + count), to + i);
      return true;
    }
    return false;
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

function wordsOf(rgba: Uint8Array): Uint32Array {
  const aligned = rgba.byteOffset % 4 === 0 ? rgba : rgba.slice();
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length >> 2);
}
