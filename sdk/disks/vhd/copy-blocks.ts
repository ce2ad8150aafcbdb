/** Copies disks, also large ones, without keeping others of this process waiting. */
import type { Blocks } from '../../engines/blocks.js';
import { isZero, type Extent } from './extents.js';

export interface CopyOptions {
  /** Bytes of what there is to be copied; `done` only grows. */
  onProgress?: (progress: { done: number; total: number }) => void;
  /** The copy ends with its reason. */
  signal?: AbortSignal;
}

/** A disk that knows which of its pieces are not just zeros. */
interface Source extends Blocks {
  dataExtents?(): Iterable<Extent>;
}

/** Bytes that are read at once: a whole number of sectors of any size. */
const CHUNK = 1 << 20;
/** Milliseconds after which others have their turn. */
const TURN = 20;

/**
 * Copies a disk into one at least as large, and flushes it. Zeros are left out, so `to` is to read as zeros there.
 * @throws the signal's reason; what reading and writing throw
 */
export async function copyBlocks(from: Source, to: Blocks, options: CopyOptions = {}): Promise<void> {
  if (to.size < from.size) throw new RangeError(`a disk of ${from.size} bytes does not fit into one of ${to.size}`);
  const extents = () => from.dataExtents?.() ?? [{ offset: 0, length: from.size }];
  await eachPiece(extents, CHUNK, options, ({ offset, length }) => {
    const bytes = from.read(offset, length);
    if (!isZero(bytes)) to.write(offset, bytes);
  });
  to.flush();
}

/**
 * Calls `work` for pieces of at most `chunk` bytes, none of which goes across a multiple of it.
 * @throws the signal's reason
 */
export async function eachPiece(
  extents: () => Iterable<Extent>,
  chunk: number,
  { onProgress, signal }: CopyOptions,
  work: (piece: Extent) => void,
): Promise<void> {
  signal?.throwIfAborted();
  let total = 0;
  for (const { length } of extents()) total += length;
  let done = 0;
  let turn = performance.now();
  onProgress?.({ done, total });
  for (const { offset, length } of extents()) {
    for (let at = offset; at < offset + length;) {
      const size = Math.min(offset + length, (Math.floor(at / chunk) + 1) * chunk) - at;
      work({ offset: at, length: size });
      at += size;
      done += size;
      if (performance.now() - turn < TURN) continue;
      onProgress?.({ done, total });
      // A browser's worker has no other way to let its messages in.
      await new Promise((resolve) => setTimeout(resolve, 0));
      signal?.throwIfAborted();
      turn = performance.now();
    }
  }
  onProgress?.({ done, total });
}
