/** Free blocks of ext2, ext3 and ext4: "The Super Block" and "Block Group Descriptors" of the Linux kernel's documentation. */
import { partView, Ranges, type FreeSpace, type Part } from './ranges.js';

const SUPERBLOCK_AT = 1024;
const MAGIC = 0xef53;
const CLEAN = 1;
const ERRORS = 2;
/** Incompatible features. */
const NEEDS_RECOVERY = 0x4;
const META_GROUPS = 0x10;
const WIDE = 0x80;
/** Features that may only be read with. */
const CLUSTERS = 0x200;
const UNINITIALISED_BITMAP = 2;

export function freeInExt(part: Part): FreeSpace {
  const superblock = partView(part, SUPERBLOCK_AT, 1024);
  if (superblock?.getUint16(56, true) !== MAGIC) return { kind: 'other' };
  const name = 'ext2/3/4';
  const left = (why: string): FreeSpace => ({ kind: 'left', name, why });
  const incompatible = superblock.getUint32(96, true);
  const state = superblock.getUint16(58, true);
  if ((incompatible & NEEDS_RECOVERY) !== 0 || (state & CLEAN) === 0) return left('it was not unmounted');
  if ((state & ERRORS) !== 0) return left('it says that it has errors: e2fsck');
  if ((incompatible & META_GROUPS) !== 0) return left('it has groups of groups (meta_bg)');
  if ((superblock.getUint32(100, true) & CLUSTERS) !== 0) return left('it has clusters (bigalloc)');
  const wide = (incompatible & WIDE) !== 0;
  const logBlock = superblock.getUint32(24, true);
  if (logBlock > 6) return left('its blocks have no size that there is');
  const blockBytes = 1024 << logBlock;
  const blocks = superblock.getUint32(4, true) + (wide ? superblock.getUint32(0x150, true) * 2 ** 32 : 0);
  const perGroup = superblock.getUint32(32, true);
  const first = superblock.getUint32(20, true);
  const descriptorBytes = wide ? superblock.getUint16(254, true) : 32;
  if (
    blocks * blockBytes > part.size ||
    perGroup < 8 ||
    perGroup > 8 * blockBytes ||
    perGroup % 8 !== 0 ||
    first > 1 ||
    descriptorBytes < (wide ? 64 : 32) ||
    descriptorBytes > blockBytes
  ) {
    return left('its superblock says what cannot be');
  }
  const ranges = new Ranges();
  const groups = Math.ceil((blocks - first) / perGroup);
  for (let group = 0; group < groups; group++) {
    const descriptor = partView(part, (first + 1) * blockBytes + group * descriptorBytes, descriptorBytes);
    if (descriptor === null) return left('it has no descriptor for one of its groups');
    // What is in its place then says nothing; nothing was ever written to such a group either.
    if ((descriptor.getUint16(18, true) & UNINITIALISED_BITMAP) !== 0) continue;
    const bitmapBlock = descriptor.getUint32(0, true) + (wide ? descriptor.getUint32(32, true) * 2 ** 32 : 0);
    const bitmap = bitmapBlock === 0 ? null : partView(part, bitmapBlock * blockBytes, perGroup / 8);
    if (bitmap === null) return left('the bitmap of one of its groups is not in it');
    const from = first + group * perGroup;
    for (let i = 0; i < perGroup && from + i < blocks; i++) {
      if ((bitmap.getUint8(i >> 3) & (1 << (i & 7))) !== 0) continue;
      const at = part.start + (from + i) * blockBytes;
      ranges.add(at, at + blockBytes);
    }
  }
  return { kind: 'found', name, ranges: ranges.all };
}
