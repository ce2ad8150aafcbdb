/** How disks and media reach an engine: formats, overlays and networks are behind it. */

/**
 * A block device's bytes. It has to cross into a worker, so it is described by data and opened there:
 * - `file`: a file, never written: raw, or (QEMU only) a qcow2 image, whose `size` is that of the disk in it, with the
 *   images that it lies on, nearest first;
 * - `vhd`: files, never written (v86 on Node only): a VHD, and if it is a differencing one its parent, and so on; `size` is
 *   that of the disk;
 * - `bytes`: in memory;
 * - `blank`: all zeros.
 */
export type BlockSource =
  | { kind: 'file'; path: string; size: number; format?: 'qcow2'; below?: readonly BaseImage[] }
  | { kind: 'vhd'; paths: readonly [string, ...string[]]; size: number }
  | { kind: 'bytes'; bytes: Uint8Array }
  | { kind: 'blank'; size: number };

/** What a qcow2 image lies on. */
export interface BaseImage {
  path: string;
  format: 'raw' | 'qcow2';
}

/** An opened {@link BlockSource}: reads are synchronous, because on a bit-exact engine a read has no duration. */
export interface Blocks {
  readonly size: number;
  /** A fresh copy of `length` bytes at `offset`. */
  read(offset: number, length: number): Uint8Array;
  write(offset: number, data: Uint8Array): void;
  flush(): void;
  /** Nothing is read any more. */
  close?(): void;
}

export function blockSourceSize(source: BlockSource): number {
  return source.kind === 'bytes' ? source.bytes.length : source.size;
}
