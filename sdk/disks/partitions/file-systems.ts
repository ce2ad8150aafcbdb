/** Tells file systems by what is in them: what a partition table says of its partitions is a habit, not a fact. */

/** What is asked of a disk; reads lie within `size`. */
export interface Readable {
  /** Bytes. */
  readonly size: number;
  read(offset: number, length: number): Uint8Array;
}

export type FileSystem =
  'fat12' | 'fat16' | 'fat32' | 'exfat' | 'ext2' | 'ext3' | 'ext4' | 'ntfs' | 'iso9660' | 'swap' | 'unknown';

/** How much of a partition is looked at: as far as the first descriptor of ISO 9660 reaches. */
const LOOKED_AT = 34 * 1024;

export function recogniseFileSystem(disk: Readable, offset: number, size: number): FileSystem {
  const bytes = disk.read(offset, Math.min(LOOKED_AT, size));
  if (bytes.length < 512) return 'unknown';
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (textAt(start, 3, 'NTFS    ')) return 'ntfs';
  if (textAt(start, 3, 'EXFAT   ')) return 'exfat';
  if (textAt(start, 32769, 'CD001')) return 'iso9660';
  if (textAt(start, 4096 - 10, 'SWAPSPACE2')) return 'swap';
  return extAt(start) ?? fatAt(start) ?? 'unknown';
}

function textAt(bytes: Buffer, at: number, text: string): boolean {
  return bytes.subarray(at, at + text.length).toString('latin1') === text;
}

const EXT_SUPERBLOCK = 1024;
const HAS_JOURNAL = 0x4;
/** Extents, 64 bits, flexible block groups: what ext3 has not. */
const EXT4_ONLY = 0x40 | 0x80 | 0x200;

function extAt(bytes: Buffer): FileSystem | null {
  if (bytes.length < EXT_SUPERBLOCK + 1024 || bytes.readUInt16LE(EXT_SUPERBLOCK + 56) !== 0xef53) return null;
  const compatible = bytes.readUInt32LE(EXT_SUPERBLOCK + 92);
  const incompatible = bytes.readUInt32LE(EXT_SUPERBLOCK + 96);
  if ((incompatible & EXT4_ONLY) !== 0) return 'ext4';
  return (compatible & HAS_JOURNAL) !== 0 ? 'ext3' : 'ext2';
}

/** By the number of clusters and nothing else (Microsoft's FAT specification 1.03, "FAT Type Determination"). */
function fatAt(bytes: Buffer): FileSystem | null {
  const sectorBytes = bytes.readUInt16LE(11);
  const perCluster = bytes.readUInt8(13);
  const reserved = bytes.readUInt16LE(14);
  const fats = bytes.readUInt8(16);
  const rootEntries = bytes.readUInt16LE(17);
  const sectors = bytes.readUInt16LE(19) || bytes.readUInt32LE(32);
  const fatSectors = bytes.readUInt16LE(22) || bytes.readUInt32LE(36);
  const isBootSector =
    [0xe9, 0xeb].includes(bytes.readUInt8(0)) &&
    [512, 1024, 2048, 4096].includes(sectorBytes) &&
    perCluster !== 0 &&
    (perCluster & (perCluster - 1)) === 0 &&
    reserved > 0 &&
    (fats === 1 || fats === 2) &&
    fatSectors > 0 &&
    bytes.readUInt8(21) >= 0xf0;
  if (!isBootSector) return null;
  const before = reserved + fats * fatSectors + Math.ceil((rootEntries * 32) / sectorBytes);
  if (sectors <= before) return null;
  const clusters = Math.floor((sectors - before) / perCluster);
  if (rootEntries === 0) return 'fat32';
  return clusters < 4085 ? 'fat12' : 'fat16';
}
