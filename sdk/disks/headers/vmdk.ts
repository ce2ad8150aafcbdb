/**
 * The header and descriptor of a VMDK image of one file, as far as they decide what is opened: VMware's "Virtual Disk
 * Format 1.1", "Hosted Sparse Extent Header". Its other kinds are descriptors that name the files with the data.
 */
import type { Storage } from '../storage.js';
import { bytesAt, viewAt } from './head.js';
import { sizeProblem, type HeaderProblem } from './problem.js';

export interface VmdkHeader {
  /** Bytes of the disk in it. */
  size: number;
  type: 'monolithicSparse' | 'streamOptimized';
  grainBytes: number;
}

const SECTOR = 512;
/** Where the first table is: in a header at the end instead. */
const AT_END = 0xffff_ffff_ffff_ffffn;
/** What QEMU reads of a descriptor at most, bytes. */
const MOST_DESCRIPTOR = 1 << 20;

export function readVmdkHeader(storage: Storage): VmdkHeader | HeaderProblem {
  const first = viewAt(storage, 0, SECTOR);
  if (first === null) return { kind: 'damaged', what: 'a header that is not whole' };
  // A capacity of 0 says that the descriptor names where the data is.
  if (first.getBigUint64(12, true) === 0n) {
    return { kind: 'names-other-files', what: 'its header says that its data is elsewhere' };
  }
  const atEnd = first.getBigUint64(56, true) === AT_END;
  // Footer marker, footer, end-of-stream marker: a sector each.
  const header = atEnd ? viewAt(storage, storage.size() - 2 * SECTOR, SECTOR) : first;
  if (header === null || (atEnd && header.getUint32(0, true) !== first.getUint32(0, true))) {
    return { kind: 'damaged', what: 'no header at its end, where the one at its start sends' };
  }
  const size = Number(header.getBigUint64(12, true)) * SECTOR;
  const badSize = sizeProblem(size);
  if (badSize !== null) return badSize;
  const type = descriptorType(storage, [first, header]);
  if (typeof type !== 'string') return type;
  return { size, type, grainBytes: Number(header.getBigUint64(20, true)) * SECTOR };
}

/** Of every descriptor that somebody may read: both headers say where one is. */
function descriptorType(storage: Storage, headers: readonly DataView[]): VmdkHeader['type'] | HeaderProblem {
  let type: VmdkHeader['type'] | null = null;
  for (const header of headers) {
    const offset = Number(header.getBigUint64(28, true)) * SECTOR;
    if (offset === 0) continue;
    const text = textOf(bytesAt(storage, offset, MOST_DESCRIPTOR));
    // Wherever in it: QEMU looks for the word, not for a line.
    if (text.includes('parentFileNameHint')) return { kind: 'names-other-files', what: 'it names a parent' };
    const parent = /parentCID\s*=\s*"?([0-9a-f]+)/i.exec(text)?.[1];
    if (parent !== undefined && parent.toLowerCase() !== 'ffffffff') {
      return { kind: 'names-other-files', what: `it has the parent ${parent}` };
    }
    const extents = [...text.matchAll(/^\s*(?:RW|RDONLY|NOACCESS)\s+\d+\s+(\w+)/gim)].map(([, kind]) => kind);
    if (extents.length > 1 || extents.some((kind) => kind?.toUpperCase() !== 'SPARSE')) {
      return { kind: 'names-other-files', what: `it has the extents ${extents.join(', ')}` };
    }
    const said = /createType\s*=\s*"?(\w+)/i.exec(text)?.[1];
    if (said !== 'monolithicSparse' && said !== 'streamOptimized') {
      return { kind: 'unsupported', what: `VMDK of the type ${said ?? 'that it does not say'}` };
    }
    type = said;
  }
  return type ?? { kind: 'unsupported', what: 'VMDK without a descriptor: one of several files of a disk' };
}

function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder('latin1').decode(end === -1 ? bytes : bytes.subarray(0, end));
}
