/**
 * A disk as v86 sees it, over {@link Blocks}: the base is never written, what the guest writes is kept here as blocks.
 * Blocks are replaced, never changed in place, so a snapshot only copies the map.
 */
import type { Blocks } from '../../blocks.js';
import type { DiskWrites } from '../../engine.js';

/** Granularity of the overlay, bytes. */
export const OVERLAY_BLOCK = 4096;

/** What the guest has written: block number to its bytes. Blocks in it are immutable. */
export type Overlay = Map<number, Uint8Array>;

/** v86's interface of a disk image (its `SyncBuffer`): every callback is called before the call returns. */
export class OverlayDisk {
  readonly byteLength: number;
  onload: ((event: object) => void) | undefined;
  onprogress: undefined;
  readonly #base: Blocks;
  overlay: Overlay;
  /** How often the guest wrote, for the bench and for tests. */
  writes = 0;
  /** Of what is on it: a number of its own for each. */
  version = 0;
  /** What was there when somebody began to watch, and every write since. */
  #watched: { before: Overlay; writes: Overlay[] } | null = null;

  /** @param size visible size, bytes; beyond the base's end the disk reads as zeros */
  constructor(base: Blocks, overlay: Overlay = new Map(), size = base.size) {
    this.#base = base;
    this.overlay = overlay;
    this.byteLength = size;
  }

  /** Notes writes from now on. */
  beginWrites(): void {
    this.#watched = { before: new Map(this.overlay), writes: [] };
  }

  /** Null: nobody watched, or what is on the disk was replaced meanwhile. */
  endWrites(): DiskWrites | null {
    const watched = this.#watched;
    this.#watched = null;
    return watched;
  }

  /** Puts other content on it. */
  replace(overlay: Overlay): void {
    this.#watched = null;
    this.overlay = overlay;
    this.version++;
  }

  load(): void {
    this.onload?.({});
  }

  get(start: number, length: number, callback: (bytes: Uint8Array) => void): void {
    callback(this.read(start, length));
  }

  get_and_cache(start: number, length: number, callback: (bytes: Uint8Array) => void): void {
    this.get(start, length, callback);
  }

  get_from_cache(start: number, length: number): Uint8Array {
    return this.read(start, length);
  }

  set(start: number, bytes: Uint8Array, callback: () => void): void {
    this.write(start, bytes);
    callback();
  }

  get_buffer(callback: (buffer: undefined) => void): void {
    callback(undefined);
  }

  get_state(): never {
    throw new Error('disks are saved by their overlays');
  }

  read(start: number, length: number): Uint8Array {
    const out = this.#fromBase(start, length);
    const last = Math.floor((start + length - 1) / OVERLAY_BLOCK);
    for (let number = Math.floor(start / OVERLAY_BLOCK); number <= last; number++) {
      const block = this.overlay.get(number);
      if (block === undefined) continue;
      const at = number * OVERLAY_BLOCK;
      const from = Math.max(start, at);
      const to = Math.min(start + length, at + OVERLAY_BLOCK);
      out.set(block.subarray(from - at, to - at), from - start);
    }
    return out;
  }

  write(start: number, bytes: Uint8Array): void {
    this.writes++;
    this.version++;
    const written: Overlay = new Map();
    const last = Math.floor((start + bytes.length - 1) / OVERLAY_BLOCK);
    for (let number = Math.floor(start / OVERLAY_BLOCK); number <= last; number++) {
      const at = number * OVERLAY_BLOCK;
      const from = Math.max(start, at);
      const to = Math.min(start + bytes.length, at + OVERLAY_BLOCK);
      const block = (this.overlay.get(number) ?? this.#fromBase(at, OVERLAY_BLOCK)).slice();
      block.set(bytes.subarray(from - start, to - start), from - at);
      this.overlay.set(number, block);
      written.set(number, block);
    }
    this.#watched?.writes.push(written);
  }

  #fromBase(start: number, length: number): Uint8Array {
    const available = Math.max(0, Math.min(length, this.#base.size - start));
    const bytes = available === 0 ? new Uint8Array(0) : this.#base.read(start, available);
    if (bytes.length === length) return bytes;
    const out = new Uint8Array(length);
    out.set(bytes);
    return out;
  }
}

/** Floppy sizes that drives take, bytes: 720 kB, 1.44 MB and 2.88 MB. */
const FLOPPY_SIZES = [737_280, 1_474_560, 2_949_120];

/** An image that is shorter than a floppy is padded with zeros, as `dd` onto a real one would leave it. */
export function floppySize(imageBytes: number): number | null {
  return FLOPPY_SIZES.find((size) => imageBytes <= size) ?? null;
}
