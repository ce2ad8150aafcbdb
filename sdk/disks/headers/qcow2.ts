/** The header of a qcow2 image, as far as it decides what is opened: `docs/interop/qcow2.txt` in QEMU's sources. */
import type { Storage } from '../storage.js';
import { textAt, viewAt } from './head.js';
import { sizeProblem, type HeaderProblem } from './problem.js';

export interface Qcow2Header {
  version: 2 | 3;
  /** Bytes of the disk in it. */
  size: number;
  clusterBytes: number;
  /** What lies below it, as the image says it; its format only where that is said too. */
  backing: { name: string; format: string | null } | null;
  /** It was not closed properly (lazy reference counts). */
  dirty: boolean;
  /** QEMU found it damaged when it wrote to it last. */
  markedCorrupt: boolean;
  internalSnapshots: number;
}

/** Longest name of a backing file that the format has, bytes. */
const MOST_NAME = 1023;
const DIRTY = 1n;
const CORRUPT = 2n;
const DATA_FILE = 4n;
/** With the kind of compression and subclusters: all of them that were defined when this was written. */
const KNOWN_FEATURES = 0x1fn;
const BACKING_FORMAT = 0xe2792aca;
const MOST_EXTENSIONS = 64;

export function readQcow2Header(storage: Storage): Qcow2Header | HeaderProblem {
  const view = viewAt(storage, 0, 72);
  const version = view?.getUint32(4);
  if (view === null) return { kind: 'damaged', what: 'a header that is not whole' };
  if (version !== 2 && version !== 3) return { kind: 'unsupported', what: `qcow2 of version ${version}` };
  const clusterBits = view.getUint32(20);
  if (clusterBits < 9 || clusterBits > 21) return { kind: 'damaged', what: `clusters of 2^${clusterBits} bytes` };
  const size = Number(view.getBigUint64(24));
  const badSize = sizeProblem(size);
  if (badSize !== null) return badSize;
  if (view.getUint32(32) !== 0) return { kind: 'unsupported', what: 'an encrypted image' };
  const features = version === 2 ? 0n : viewAt(storage, 72, 8)?.getBigUint64(0);
  if (features === undefined) return { kind: 'damaged', what: 'a header that is not whole' };
  if ((features & DATA_FILE) !== 0n) return { kind: 'names-other-files', what: 'its data is in another file' };
  if ((features & ~KNOWN_FEATURES) !== 0n) {
    return { kind: 'unsupported', what: `features that are not known here (${features.toString(16)})` };
  }
  const backing = readBacking(storage, view, version);
  if (backing !== null && 'kind' in backing) return backing;
  return {
    version,
    size,
    clusterBytes: 2 ** clusterBits,
    backing,
    dirty: (features & DIRTY) !== 0n,
    markedCorrupt: (features & CORRUPT) !== 0n,
    internalSnapshots: view.getUint32(60),
  };
}

function readBacking(storage: Storage, view: DataView, version: 2 | 3): Qcow2Header['backing'] | HeaderProblem {
  const offset = Number(view.getBigUint64(8));
  const length = view.getUint32(16);
  if (offset === 0) return null;
  const name = length === 0 || length > MOST_NAME ? null : viewAt(storage, offset, length);
  if (name === null) return { kind: 'damaged', what: 'the name of its backing file is not in it' };
  return { name: utf8(name), format: backingFormat(storage, version) };
}

function backingFormat(storage: Storage, version: 2 | 3): string | null {
  let at = version === 2 ? 72 : (viewAt(storage, 100, 4)?.getUint32(0) ?? 0);
  for (let i = 0; i < MOST_EXTENSIONS; i++) {
    const head = viewAt(storage, at, 8);
    if (head === null || head.getUint32(0) === 0) return null;
    const length = head.getUint32(4);
    if (head.getUint32(0) === BACKING_FORMAT) {
      const format = length > 16 ? null : viewAt(storage, at + 8, length);
      return format === null ? null : textAt(format, 0, length);
    }
    at += 8 + Math.ceil(length / 8) * 8;
  }
  return null;
}

function utf8(view: DataView): string {
  return new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
}
