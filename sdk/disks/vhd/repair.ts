/** Makes a VHD whole again as far as that can be done without guessing. */
import type { Storage } from '../storage.js';
import { examineVhd, repairOf, type VhdFinding } from './check.js';
import { makeFootersGood } from './footers.js';
import { UNALLOCATED, sealHeader } from './format.js';
import type { VhdLayout } from './layout.js';

export interface RepairOptions {
  /** Entries of the table that point to what cannot be a block are dropped: what these blocks held is zeros, or the parent's. */
  loseData?: boolean;
}

export interface Repaired {
  repaired: VhdFinding[];
  /** What is still there. */
  left: VhdFinding[];
}

/** Made again after a kill it does what is left. */
export function repairVhd(storage: Storage, { loseData = false }: RepairOptions = {}): Repaired {
  const { findings, layout, table } = examineVhd(storage);
  if (layout === null || findings.length === 0) return { repaired: [], left: findings };
  const repairable = (finding: VhdFinding) => {
    const by = repairOf(finding);
    return by === 'safe' || (by === 'loses-data' && loseData);
  };
  const wanted = findings.filter(repairable);
  if (wanted.some(({ kind }) => kind === 'checksum-alone')) writeSums(storage, layout);
  if (table !== null && layout.sparse !== null) {
    const dropped = wanted.flatMap((finding) => ('block' in finding ? [finding.block] : []));
    for (const block of dropped) {
      table[block] = UNALLOCATED;
      storage.write(layout.sparse.tableAt + block * 4, Uint8Array.of(0xff, 0xff, 0xff, 0xff));
    }
    if (dropped.length > 0) storage.flush();
    // While blocks lie, where the image ends is not known: nothing is cut off.
    const { findings: still } = examineVhd(storage);
    if (!still.some(({ kind }) => kind.startsWith('block-'))) makeFootersGood(storage, layout, layout.sparse, table);
  } else if (layout.type === 'fixed') cutFixed(storage, layout);
  const left = examineVhd(storage).findings;
  return { repaired: wanted.filter((finding) => !left.some((other) => isSame(finding, other))), left };
}

function writeSums(storage: Storage, layout: VhdLayout): void {
  const { end } = layout.footers;
  if (end.kind === 'good') storage.write(end.at, end.bytes);
  if (layout.sparse !== null) {
    const header = layout.sparse.headerBytes.slice();
    sealHeader(header);
    storage.write(layout.sparse.headerAt, header);
  }
  storage.flush();
}

/** The footer where the disk ends, and nothing behind it. */
function cutFixed(storage: Storage, { size, limit, footerBytes }: VhdLayout): void {
  if (size === limit) return;
  storage.write(size, footerBytes);
  storage.flush();
  storage.truncate(size + footerBytes.length);
  storage.flush();
}

function isSame(one: VhdFinding, other: VhdFinding): boolean {
  return one.kind === other.kind && ('at' in one && 'at' in other ? one.at === other.at : true);
}
