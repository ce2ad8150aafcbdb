/** Work on a disk piece by piece, also on large ones, without keeping others of this process waiting. */
import type { Extent } from './extents.js';

export interface CopyOptions {
  /** Bytes of what there is to do; `done` only grows. */
  onProgress?: (progress: { done: number; total: number }) => void;
  /** The work ends with its reason. */
  signal?: AbortSignal;
}

/** Milliseconds after which others have their turn. */
const TURN = 20;

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
