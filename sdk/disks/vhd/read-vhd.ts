/** What a VHD is, as it says itself. */
import type { Storage } from '../storage.js';
import * as format from './format.js';
import type { Geometry, VhdType } from './format.js';
import { locatorIsInside, readLayout, readTable, type VhdLayout } from './layout.js';

/** Of how a parent's path is written ("Platform Code"); Mac OS's aliases are not read. */
const PLATFORMS = ['W2ru', 'W2ku', 'MacX', 'Wi2r', 'Wi2k'] as const;
export type LocatorPlatform = (typeof PLATFORMS)[number];

export interface VhdInfo {
  type: VhdType;
  /** Bytes of the disk. */
  size: number;
  /** As the image says it; the disk has {@link size} whatever that is. */
  geometry: Geometry;
  /** Lower-case UUID: what its children know it by. */
  id: string;
  /** UTC, whole seconds. */
  created: Date;
  /** What made it, each of four characters, such as `vpc `, `win `, `qemu`; the host is `Wi2k` or `Mac `. */
  creator: { application: string; version: number; host: string };
  savedState: boolean;
  /** Null for a fixed disk. `size` is in bytes. */
  blocks: { size: number; allocated: number; total: number } | null;
  /** Of a differencing disk. */
  parent: VhdParentInfo | null;
  /** The footer at the file's end is damaged, and its copy at the start was read instead. */
  footerDamaged: boolean;
}

/** What a differencing disk says of its parent. All of it is untrusted: no path is to be followed. */
export interface VhdParentInfo {
  id: string;
  /** When it was changed last, as of the time when the child was made; null: not said. */
  modified: Date | null;
  name: string;
  locators: { platform: LocatorPlatform; path: string }[];
}

/** @throws GuestwrightError `usage/disk-damaged`; `usage/disk-format-unknown` */
export function readVhd(storage: Storage): VhdInfo {
  const layout = readLayout(storage);
  return infoOf(storage, layout, layout.sparse === null ? null : readTable(storage, layout.sparse));
}

export function infoOf(storage: Storage, layout: VhdLayout, table: Uint32Array | null): VhdInfo {
  const { footer, type, size, sparse } = layout;
  let allocated = 0;
  for (const entry of table ?? []) if (entry !== format.UNALLOCATED) allocated++;
  return {
    type,
    size,
    geometry: footer.geometry,
    id: footer.id,
    created: footer.created,
    creator: footer.creator,
    savedState: footer.savedState,
    blocks: sparse === null ? null : { size: sparse.blockSize, allocated, total: sparse.blocks },
    parent: type === 'differencing' ? parentInfo(storage, layout) : null,
    footerDamaged: layout.footers.end.kind !== 'good',
  };
}

function parentInfo(storage: Storage, { sparse, limit }: VhdLayout): VhdParentInfo | null {
  if (sparse === null) return null;
  const { header } = sparse;
  const locators: VhdParentInfo['locators'] = [];
  for (const entry of header.locators) {
    const platform = PLATFORMS.find((known) => known === entry.platform);
    // One that lies is as good as none: the name and the other locators are left. A check tells of it.
    if (platform === undefined || !locatorIsInside(entry, limit)) continue;
    locators.push({ platform, path: decodePath(platform, storage.read(Number(entry.at), entry.length)) });
  }
  return { id: header.parentId, modified: header.parentModified, name: header.parentName, locators };
}

function decodePath(platform: LocatorPlatform, bytes: Uint8Array): string {
  if (platform === 'W2ru' || platform === 'W2ku') return format.untilNul(format.utf16(bytes, 'little'));
  if (platform === 'MacX') return format.untilNul(new TextDecoder().decode(bytes));
  return format.untilNul(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}
