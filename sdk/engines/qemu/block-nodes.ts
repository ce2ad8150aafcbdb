/**
 * Media as QEMU opens them: block nodes, in the words of its `-blockdev` option and its command `blockdev-add`. A base is
 * never written: what the guest writes goes to a qcow2 image over it.
 */
import type { Medium } from '../engine.js';

/** A file that has to be there before QEMU opens the node. */
export type FileToMake =
  | { kind: 'bytes'; path: string; bytes: Uint8Array }
  /** An empty qcow2 image for a disk of `size` bytes; `keep`: an image that is there already goes on being used. */
  | { kind: 'overlay'; path: string; size: number; keep: boolean };

export interface BlockNode {
  name: string;
  /** Argument of `-blockdev` and of `blockdev-add`. */
  description: Readonly<Record<string, unknown>>;
  files: readonly FileToMake[];
}

export type Device = 'floppy' | 'cdrom' | 'disk';

const SECTOR = 512;
/** Bytes of the floppies that PC drives read, smallest first. */
const FLOPPY_BYTES = [160, 180, 320, 360, 720, 1200, 1440, 1680, 1720, 2880].map((kilobytes) => kilobytes * 1024);
const USUAL_FLOPPY = 1440 * 1024;

/**
 * @param name unique on the machine; at most 31 characters
 * @param fileFor where a file of the machine's own goes
 */
export function blockNode(name: string, device: Device, medium: Medium, fileFor: (name: string) => string): BlockNode {
  const base = baseOf(name, medium, fileFor);
  if (device === 'cdrom' || medium.overlay.kind === 'none') {
    if (base === null) throw new Error('a blank medium that cannot be written');
    return { name, description: { ...base.description, 'node-name': name, 'read-only': true }, files: base.files };
  }
  const kept = medium.overlay.kind === 'file';
  const path = medium.overlay.kind === 'file' ? medium.overlay.path : fileFor(`${name}.qcow2`);
  const description = {
    driver: 'qcow2',
    'node-name': name,
    'read-only': false,
    discard: 'unmap',
    // What is thrown away with the machine need not be safe from a power cut of the host.
    cache: { direct: false, 'no-flush': !kept },
    file: { driver: 'file', filename: path },
    ...(base === null ? {} : { backing: { ...base.description, 'read-only': true } }),
  };
  const overlay: FileToMake = { kind: 'overlay', path, size: diskSize(device, medium), keep: kept };
  return { name, description, files: [...(base?.files ?? []), overlay] };
}

interface Base {
  description: Readonly<Record<string, unknown>>;
  files: readonly FileToMake[];
}

function baseOf(name: string, { source }: Medium, fileFor: (name: string) => string): Base | null {
  const raw = (path: string): Base['description'] => ({
    driver: 'raw',
    file: { driver: 'file', filename: path, 'read-only': true },
  });
  switch (source.kind) {
    case 'file':
      return { description: raw(source.path), files: [] };
    case 'bytes': {
      const path = fileFor(`${name}.base`);
      return { description: raw(path), files: [{ kind: 'bytes', path, bytes: source.bytes }] };
    }
    case 'blank':
      return null;
  }
}

/** Reading beyond the end of the base gives zeros, so that a short image makes a whole floppy. */
function diskSize(device: Device, { source }: Medium): number {
  const size = source.kind === 'bytes' ? source.bytes.length : source.size;
  if (device === 'floppy' && !FLOPPY_BYTES.includes(size)) {
    return Math.max(USUAL_FLOPPY, FLOPPY_BYTES.find((bytes) => bytes >= size) ?? size);
  }
  return Math.ceil(size / SECTOR) * SECTOR;
}
