/**
 * Makes empty qcow2 images: what a guest writes to one goes there, and what it has not written is read from the base.
 * The format is `docs/interop/qcow2.txt` in QEMU's sources. Written here, because starting `qemu-img` takes longer than
 * everything else that a start needs besides QEMU itself, and it is a package of its own.
 */

const MAGIC = 0x514649fb;
const VERSION = 3;
const HEADER_BYTES = 104;
const CLUSTER_BITS = 16;
const CLUSTER = 1 << CLUSTER_BITS;
/** 16-bit reference counts. */
const REFCOUNT_ORDER = 4;
/** Bytes of the disk that one entry of the first table covers. */
const PER_L1_ENTRY = (CLUSTER / 8) * CLUSTER;

/**
 * An image with nothing in it. The base is not named in it: it is given to QEMU beside it, so the image can be moved.
 * @param size bytes of the disk, a multiple of 512
 */
export function emptyQcow2(size: number): Uint8Array {
  if (!Number.isSafeInteger(size) || size < 0 || size % 512 !== 0) throw new Error(`${size} is no size of a disk`);
  const l1Entries = l1EntriesOf(size);
  const bytes = new Uint8Array(emptyQcow2Bytes(size));
  const clusters = bytes.length / CLUSTER;
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC);
  view.setUint32(4, VERSION);
  view.setUint32(20, CLUSTER_BITS);
  view.setBigUint64(24, BigInt(size));
  view.setUint32(36, l1Entries);
  view.setBigUint64(40, BigInt(3 * CLUSTER));
  view.setBigUint64(48, BigInt(CLUSTER));
  view.setUint32(56, 1);
  view.setUint32(96, REFCOUNT_ORDER);
  view.setUint32(100, HEADER_BYTES);
  view.setBigUint64(CLUSTER, BigInt(2 * CLUSTER));
  for (let cluster = 0; cluster < clusters; cluster++) view.setUint16(2 * CLUSTER + 2 * cluster, 1);
  return bytes;
}

function l1EntriesOf(size: number): number {
  return Math.max(1, Math.ceil(size / PER_L1_ENTRY));
}

/** How large the file of such an image is. It grows with the first that is written. */
export function emptyQcow2Bytes(size: number): number {
  const l1Clusters = Math.ceil((l1EntriesOf(size) * 8) / CLUSTER);
  // Header, table of reference counts, one block of them, first-level table.
  return (3 + l1Clusters) * CLUSTER;
}

/** Whether a file begins as a qcow2 image does. */
export function isQcow2(start: Uint8Array): boolean {
  return start.length >= 4 && new DataView(start.buffer, start.byteOffset).getUint32(0) === MAGIC;
}

/** Bytes of a header that {@link namesNoFile} needs. */
export const QCOW2_HEADER_BYTES = HEADER_BYTES;

/**
 * Whether an image holds all that it is: one may name other files, a base or one with its data, which QEMU would open. For
 * images that come from outside.
 */
export function namesNoFile(header: Uint8Array): boolean {
  if (header.length < HEADER_BYTES || !isQcow2(header)) return false;
  const view = new DataView(header.buffer, header.byteOffset);
  const base = view.getBigUint64(8);
  const incompatibleFeatures = view.getBigUint64(72);
  return view.getUint32(4) === VERSION && base === 0n && incompatibleFeatures === 0n;
}
