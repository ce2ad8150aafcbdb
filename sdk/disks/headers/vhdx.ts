/**
 * The metadata of a VHDX image, as far as it decides what is opened: Microsoft's [MS-VHDX], sections 2.2.3 (region table)
 * and 2.6 (metadata region). Its log is left to the tool that opens it; that cannot bring in a parent, because QEMU has none
 * for this format.
 */
import type { Storage } from '../storage.js';
import { hexOf, textAt, viewAt } from './head.js';
import { sizeProblem, type HeaderProblem } from './problem.js';

export interface VhdxHeader {
  /** Bytes of the disk in it. */
  size: number;
  blockBytes: number;
  sectorBytes: number;
  /** All of its disk is allocated, and stays so. */
  fixed: boolean;
}

const REGION_TABLES = [192 * 1024, 256 * 1024];
const MOST_ENTRIES = 2047;
/** GUIDs as they lie in the file: the first three groups are little-endian. */
const METADATA_REGION = '06a27c8b90479a4bb8fe575f050f886e';
const FILE_PARAMETERS = '3767a1ca36fa434db3b633f0aa44e76b';
const DISK_SIZE = '2442a52f1bcd7648b2115dbed83bf4b8';
const SECTOR_SIZE = '1dbf41816fa90947ba47f233a8faab5f';
const PARENT_LOCATOR = '2d5fd3a80bb34d45abf7d3d84834ab0c';
const LEAVE_ALLOCATED = 1;
const HAS_PARENT = 2;

export function readVhdxHeader(storage: Storage): VhdxHeader | HeaderProblem {
  const region = REGION_TABLES.map((at) => metadataRegion(storage, at)).find((found) => found !== null);
  if (region === undefined) return { kind: 'damaged', what: 'no table of regions' };
  const items = metadataItems(storage, region);
  if (items === null) return { kind: 'damaged', what: 'no metadata' };
  if (items.has(PARENT_LOCATOR)) return { kind: 'names-other-files', what: 'it is a differencing disk' };
  const parameters = itemView(storage, items.get(FILE_PARAMETERS), 8);
  const diskSize = itemView(storage, items.get(DISK_SIZE), 8);
  const sectorSize = itemView(storage, items.get(SECTOR_SIZE), 4);
  if (parameters === null || diskSize === null || sectorSize === null) {
    return { kind: 'damaged', what: 'metadata that is not whole' };
  }
  const flags = parameters.getUint32(4, true);
  if ((flags & HAS_PARENT) !== 0) return { kind: 'names-other-files', what: 'it is a differencing disk' };
  const size = Number(diskSize.getBigUint64(0, true));
  const badSize = sizeProblem(size);
  if (badSize !== null) return badSize;
  const sectorBytes = sectorSize.getUint32(0, true);
  if (sectorBytes !== 512) return { kind: 'unsupported', what: `sectors of ${sectorBytes} bytes` };
  return { size, blockBytes: parameters.getUint32(0, true), sectorBytes, fixed: (flags & LEAVE_ALLOCATED) !== 0 };
}

function metadataRegion(storage: Storage, at: number): number | null {
  const head = viewAt(storage, at, 16);
  if (head === null || textAt(head, 0, 4) !== 'regi') return null;
  const entries = Math.min(head.getUint32(8, true), MOST_ENTRIES);
  for (let i = 0; i < entries; i++) {
    const entry = viewAt(storage, at + 16 + 32 * i, 32);
    if (entry === null) return null;
    if (hexOf(entry, 0, 16) === METADATA_REGION) return Number(entry.getBigUint64(16, true));
  }
  return null;
}

/** By their ids: where they are. */
function metadataItems(storage: Storage, region: number): Map<string, { offset: number; length: number }> | null {
  const head = viewAt(storage, region, 32);
  if (head === null || textAt(head, 0, 8) !== 'metadata') return null;
  const items = new Map<string, { offset: number; length: number }>();
  const entries = Math.min(head.getUint16(10, true), MOST_ENTRIES);
  for (let i = 0; i < entries; i++) {
    const entry = viewAt(storage, region + 32 + 32 * i, 32);
    if (entry === null) return null;
    const length = entry.getUint32(20, true);
    items.set(hexOf(entry, 0, 16), { offset: region + entry.getUint32(16, true), length });
  }
  return items;
}

function itemView(
  storage: Storage,
  item: { offset: number; length: number } | undefined,
  length: number,
): DataView | null {
  return item === undefined || item.length < length ? null : viewAt(storage, item.offset, length);
}
