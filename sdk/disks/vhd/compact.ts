/** Leaves out of an image what reads the same without it. */
import type { Storage } from '../storage.js';
import { eachPiece, type CopyOptions } from './pieces.js';
import { writeEmpty } from './create.js';
import { openVhd, type VhdDisk } from './disk.js';
import { noSuchValue } from './errors.js';
import { isZero, type Extent } from './extents.js';
import { FOOTER_BYTES, SECTOR, sealFooter, viewOf } from './format.js';
import { locatorIsInside, readLayout } from './layout.js';

/**
 * Writes a dynamic or differencing disk anew without sectors that are zeros where the parent has zeros too, without blocks of
 * nothing else, and without lost room. It is the same disk for its children: it keeps its id, and all it says of its parent.
 * @param target empty; flushed, not closed
 * @throws GuestwrightError `usage/disk-options` for a fixed disk; the signal's reason
 */
export async function compactVhd(source: VhdDisk, target: Storage, options: CopyOptions = {}): Promise<void> {
  source.flush();
  const { storage: image } = source;
  const layout = readLayout(image);
  const { sparse } = layout;
  if (sparse === null) throw noSuchValue('operation', 'a dynamic or differencing disk', 'a fixed one');
  const { header, blockSize } = sparse;
  const locators = header.locators
    .filter((entry) => locatorIsInside(entry, layout.limit))
    .map(({ platform, at, length }) => ({ platform, bytes: image.read(Number(at), length) }));
  const footer = layout.footerBytes.slice();
  viewOf(footer).setBigUint64(16, BigInt(FOOTER_BYTES));
  sealFooter(footer);
  writeEmpty(target, footer, { ...header, size: layout.size, locators });
  const { parent } = source;
  const compact = openVhd(target, { writable: true, acceptChangedParent: true, ...(parent !== null && { parent }) });
  await eachPiece(
    () => source.extents(),
    Math.min(blockSize, MOST_AT_ONCE),
    options,
    ({ offset, length }) => {
      const bytes = source.read(offset, length);
      // Only where there are zeros does it matter what the parent has.
      const below = parent !== null && hasZeroSector(bytes) ? parent.read(offset, length) : null;
      for (const run of runsToKeep(bytes, below)) {
        compact.write(offset + run.offset, bytes.subarray(run.offset, run.offset + run.length));
      }
    },
  );
  compact.flush();
}

const MOST_AT_ONCE = 2 << 20;

function hasZeroSector(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += SECTOR) if (isZero(bytes.subarray(at, at + SECTOR))) return true;
  return false;
}

/** @param below what the parent has; null: zeros */
function* runsToKeep(bytes: Uint8Array, below: Uint8Array | null): Iterable<Extent> {
  let start: number | null = null;
  for (let at = 0; at < bytes.length; at += SECTOR) {
    const zero = (of: Uint8Array) => isZero(of.subarray(at, at + SECTOR));
    const keep = !zero(bytes) || (below !== null && !zero(below));
    if (keep) start ??= at;
    else if (start !== null) {
      yield { offset: start, length: at - start };
      start = null;
    }
  }
  if (start !== null) yield { offset: start, length: bytes.length - start };
}
