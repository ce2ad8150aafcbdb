/** The two footers of a dynamic or differencing disk. */
import type { Storage } from '../storage.js';
import { FOOTER_BYTES } from './format.js';
import type { SparseLayout, VhdLayout } from './layout.js';
import { endOfContents } from './table-problems.js';

/**
 * Makes both footers good: the copy first, because it is what the image opens by when the end is cut. What a kill left behind
 * the last block is cut off: nothing points at it. Only for an image whose table has no problems. Returns true.
 */
export function makeFootersGood(storage: Storage, layout: VhdLayout, sparse: SparseLayout, table: Uint32Array): true {
  const { footerBytes, footers } = layout;
  if (copyDiffers(layout)) {
    storage.write(0, footerBytes);
    storage.flush();
  }
  if (footers.end.kind !== 'good') {
    const end = endOfContents(layout, sparse, table);
    if (end < storage.size()) storage.truncate(end);
    storage.write(end, footerBytes);
    storage.flush();
  }
  return true;
}

/** Whether the copy at the start is not the footer that was chosen. */
export function copyDiffers({ footers: { copy }, footerBytes }: VhdLayout): boolean {
  return copy.kind !== 'good' || !sameFooter(copy.bytes, footerBytes);
}

/** One may lack the last byte, which is reserved. */
function sameFooter(one: Uint8Array, other: Uint8Array): boolean {
  for (let i = 0; i < FOOTER_BYTES; i++) if ((one[i] ?? 0) !== (other[i] ?? 0)) return false;
  return true;
}
