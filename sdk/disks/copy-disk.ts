/**
 * Copies what is on a disk to one that is all zeros: zeros are left out, so that the target takes up no room for them, by
 * stretches as small as a file system's blocks (a raw image is as large as its holes leave it).
 */
import type { Blocks } from '../engines/blocks.js';
import { eachPiece, isZero, type CopyOptions, type Extent } from './vhd/index.js';

/** How far it is: bytes of what there is to do, which is less than the disk where it knows what of it is zeros. */
export type DiskProgress = (done: number, all: number) => void;

export interface Source extends Pick<Blocks, 'size' | 'read'> {
  /** Stretches outside of which it is zeros, ascending. Absent: it may have something everywhere. */
  dataExtents?(): Iterable<Extent>;
}

/** Read at once. */
const PIECE = 1 << 20;
/** What is compared with zeros: the block of most file systems. */
const GRAIN = 4096;

/**
 * Lets others run meanwhile.
 * @throws what the signal was aborted with
 */
export async function copyDisk(
  from: Source,
  to: Pick<Blocks, 'write'>,
  options: { signal?: AbortSignal | undefined; onProgress?: DiskProgress | undefined } = {},
): Promise<void> {
  const extents = (): Iterable<Extent> => from.dataExtents?.() ?? [{ offset: 0, length: from.size }];
  await eachPiece(extents, PIECE, copyOptions(options), ({ offset, length }) =>
    copyPiece(to, offset, from.read(offset, length)),
  );
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
