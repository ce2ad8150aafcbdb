/** Free clusters of FAT12, FAT16 and FAT32: Microsoft's "FAT: General Overview of On-Disk Format", version 1.03. */
import { partView, Ranges, type FreeSpace, type Part } from './ranges.js';

export function freeInFat(part: Part): FreeSpace {
  const boot = partView(part, 0, 512);
  if (boot === null || !looksLikeFat(boot)) return { kind: 'other' };
  const sectorBytes = boot.getUint16(11, true);
  const perCluster = boot.getUint8(13);
  const reserved = boot.getUint16(14, true);
  const copies = boot.getUint8(16);
  const rootSectors = Math.ceil((boot.getUint16(17, true) * 32) / sectorBytes);
  const sectors = boot.getUint16(19, true) || boot.getUint32(32, true);
  const fatSectors = boot.getUint16(22, true) || boot.getUint32(36, true);
  const dataAt = reserved + copies * fatSectors + rootSectors;
  const clusters = Math.floor((sectors - dataAt) / perCluster);
  const bits = clusters < 4085 ? 12 : clusters < 65_525 ? 16 : 32;
  const name = `FAT${bits}`;
  const fatBytes = fatSectors * sectorBytes;
  if (clusters < 1 || sectors * sectorBytes > part.size || (clusters + 2) * bits > fatBytes * 8) {
    return { kind: 'left', name, why: 'its first sector says what cannot be' };
  }
  const table = new Table(part, reserved * sectorBytes, bits);
  // What the guest has not written when the power went may be missing in the table.
  if (bits !== 12 && (table.entry(1) & (bits === 16 ? 0x8000 : 0x0800_0000)) === 0) {
    return { kind: 'left', name, why: 'it was not unmounted' };
  }
  const ranges = new Ranges();
  const clusterBytes = perCluster * sectorBytes;
  for (let cluster = 2; cluster < clusters + 2; cluster++) {
    if (table.entry(cluster) !== 0) continue;
    const at = part.start + dataAt * sectorBytes + (cluster - 2) * clusterBytes;
    ranges.add(at, at + clusterBytes);
  }
  return { kind: 'found', name, ranges: ranges.all };
}

function looksLikeFat(boot: DataView): boolean {
  const sectorBytes = boot.getUint16(11, true);
  const perCluster = boot.getUint8(13);
  const copies = boot.getUint8(16);
  return (
    boot.getUint16(510, true) === 0xaa55 &&
    [512, 1024, 2048, 4096].includes(sectorBytes) &&
    perCluster > 0 &&
    (perCluster & (perCluster - 1)) === 0 &&
    boot.getUint16(14, true) > 0 &&
    (copies === 1 || copies === 2) &&
    (boot.getUint8(21) === 0xf0 || boot.getUint8(21) >= 0xf8)
  );
}

const PIECE = 1 << 16;

/** The first copy of the table, read piece by piece. */
class Table {
  readonly #part: Part;
  readonly #at: number;
  readonly #bits: 12 | 16 | 32;
  #piece: Uint8Array = new Uint8Array();
  #pieceAt = -1;

  constructor(part: Part, at: number, bits: 12 | 16 | 32) {
    this.#part = part;
    this.#at = at;
    this.#bits = bits;
  }

  entry(cluster: number): number {
    switch (this.#bits) {
      case 12: {
        const at = cluster + (cluster >> 1);
        const two = this.#byte(at) | (this.#byte(at + 1) << 8);
        return (cluster & 1) === 0 ? two & 0xfff : two >> 4;
      }
      case 16:
        return this.#byte(2 * cluster) | (this.#byte(2 * cluster + 1) << 8);
      case 32: {
        const at = 4 * cluster;
        const low = this.#byte(at) | (this.#byte(at + 1) << 8) | (this.#byte(at + 2) << 16);
        return low | ((this.#byte(at + 3) & 0x0f) << 24);
      }
    }
  }

  #byte(offset: number): number {
    const pieceAt = offset - (offset % PIECE);
    if (pieceAt !== this.#pieceAt) {
      const length = Math.min(PIECE, this.#part.size - this.#at - pieceAt);
      const view = partView(this.#part, this.#at + pieceAt, length);
      this.#piece = view === null ? new Uint8Array() : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
      this.#pieceAt = pieceAt;
    }
    // Beyond the end nothing is free.
    return this.#piece[offset - pieceAt] ?? 0xff;
  }
}
