/**
 * Copies what is on a disk to one that is all zeros: zeros are left out, so that the target takes up no room for them, by
 * stretches as small as a file system's blocks (a raw image is as large as its holes leave it).
 */
import { setImmediate } from 'node:timers/promises';
import type { Blocks } from '../engines/blocks.js';
import type { CopyOptions, Extent } from './vhd/index.js';

/** How far it is: bytes of the disk. */
export type DiskProgress = (done: number, all: number) => void;

export interface Source extends Pick<Blocks, 'size' | 'read'> {
  /** Stretches outside of which it is zeros, ascending. Absent: it may have something everywhere. */
  dataExtents?(): Iterable<Extent>;
}

/** Read at once. */
const PIECE = 1 << 20;
/** What is compared with zeros: the block of most file systems. */
const GRAIN = 4096;
const ZEROS = Buffer.alloc(PIECE);

/**
 * Lets others run after every piece.
 * @throws what the signal was aborted with
 */
export async function copyDisk(
  from: Source,
  to: Pick<Blocks, 'write'>,
  { signal, onProgress }: { signal?: AbortSignal | undefined; onProgress?: DiskProgress | undefined } = {},
): Promise<void> {
  for (const { offset, length } of from.dataExtents?.() ?? [{ offset: 0, length: from.size }]) {
    const end = offset + length;
    for (let at = offset; at < end;) {
      signal?.throwIfAborted();
      // To the next multiple, so that the grains are those of the disk.
      const size = Math.min(end, at + PIECE - (at % PIECE)) - at;
      copyPiece(to, at, from.read(at, size));
      at += size;
      onProgress?.(at, from.size);
      await setImmediate();
    }
  }
  onProgress?.(from.size, from.size);
}

/** The same, as the VHD's own functions take it. */
export function copyOptions({
  signal,
  onProgress,
}: {
  signal?: AbortSignal | undefined;
  onProgress?: DiskProgress | undefined;
}): CopyOptions {
  return {
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined ? {} : { onProgress: ({ done, total }) => onProgress(done, total) }),
  };
}

/** @param at a multiple of {@link GRAIN}, or within its first one */
function copyPiece(to: Pick<Blocks, 'write'>, at: number, bytes: Uint8Array): void {
  if (isZero(bytes)) return;
  let begin: number | null = null;
  for (let i = 0; i < bytes.length;) {
    const next = Math.min(bytes.length, i + GRAIN - ((at + i) % GRAIN));
    const zero = isZero(bytes.subarray(i, next));
    if (!zero) begin ??= i;
    else if (begin !== null) {
      to.write(at + begin, bytes.subarray(begin, i));
      begin = null;
    }
    i = next;
  }
  if (begin !== null) to.write(at + begin, bytes.subarray(begin));
}

/** @param bytes at most {@link PIECE} */
export function isZero(bytes: Uint8Array): boolean {
  return ZEROS.subarray(0, bytes.length).equals(bytes);
}
