/**
 * Reads the overlays of mounts: qcow2 images that Guestwright made and QEMU's storage daemon wrote (`docs/interop/qcow2.txt`
 * in QEMU's sources). Read by our own code so that a commit needs no process and can be repeated after any death.
 */
import { GuestwrightError } from '../../errors.js';
import { isQcow2 } from '../qcow2.js';
import type { Storage } from '../storage.js';

/** What the overlay holds from `offset` on, bytes; `at`: where in its file, null for zeros. */
export interface OverlayExtent {
  offset: number;
  length: number;
  at: number | null;
}

const HEADER_BYTES = 104;
const OFFSET_BITS = 0x00ff_ffff_ffff_fe00n;
const COMPRESSED = 1n << 62n;
const ZERO = 1n;

/**
 * In ascending order, a cluster each.
 * @param size bytes of the partition that it lies on
 * @throws GuestwrightError `infrastructure/overlay-damaged`
 */
export function* overlayExtents(storage: Storage, size: number): Iterable<OverlayExtent> {
  const header = viewOf(storage, 0, HEADER_BYTES);
  const bits = header.getUint32(20);
  const isOurs =
    isQcow2(storage.read(0, 4)) &&
    header.getUint32(4) === 3 &&
    header.getBigUint64(8) === 0n &&
    header.getBigUint64(72) === 0n &&
    header.getUint32(32) === 0 &&
    bits >= 9 &&
    bits <= 21 &&
    Number(header.getBigUint64(24)) === size;
  if (!isOurs) throw overlayDamaged(storage.name, 'its header is not one of ours, or QEMU has marked it as damaged');
  const cluster = 2 ** bits;
  const perTable = cluster / 8;
  const first = viewOf(storage, Number(header.getBigUint64(40)), header.getUint32(36) * 8);
  for (let table = 0; table * perTable * cluster < size; table++) {
    if (table * 8 >= first.byteLength) throw overlayDamaged(storage.name, 'its first table is too short');
    const tableAt = Number(first.getBigUint64(table * 8) & OFFSET_BITS);
    if (tableAt === 0) continue;
    const second = viewOf(storage, tableAt, cluster);
    for (let index = 0; index < perTable; index++) {
      const offset = (table * perTable + index) * cluster;
      if (offset >= size) break;
      const entry = second.getBigUint64(index * 8);
      if ((entry & COMPRESSED) !== 0n) throw overlayDamaged(storage.name, `the entry of byte ${offset} is compressed`);
      const isZero = (entry & ZERO) !== 0n;
      const at = Number(entry & OFFSET_BITS);
      if (at === 0 && !isZero) continue;
      const length = Math.min(cluster, size - offset);
      if (!isZero && at + length > storage.size())
        throw overlayDamaged(storage.name, `the data of byte ${offset} is not there`);
      yield { offset, length, at: isZero ? null : at };
    }
  }
}

function viewOf(storage: Storage, at: number, length: number): DataView {
  if (at + length > storage.size()) throw overlayDamaged(storage.name, `it ends at byte ${storage.size()}`);
  return new DataView(storage.read(at, length).buffer);
}

function overlayDamaged(name: string, seen: string): GuestwrightError {
  return new GuestwrightError('What was written cannot be committed', {
    kind: 'infrastructure',
    code: 'overlay-damaged',
    expected: `${name} to be as QEMU left it`,
    seen,
    next: 'throw it away with `guestwright disk unmount --discard`; the image is as it was',
  });
}
