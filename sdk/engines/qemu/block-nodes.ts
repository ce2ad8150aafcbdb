/**
 * Media as QEMU opens them: block nodes, in the words of its `-blockdev` option and its command `blockdev-add`. A base is
 * never written: what the guest writes goes to a qcow2 image over it.
 */
import type { BaseImage } from '../blocks.js';
import type { Medium } from '../engine.js';

/** A qcow2 image with what the guest has written to a medium: a file, or a part of one. */
export interface Layer {
  path: string;
  /** Where it is in the file, bytes; absent: it is the file. Layers that are a part are only read. */
  part?: { offset: number; size: number };
}

/** A file that has to be there before QEMU opens a base. */
export interface BaseFile {
  path: string;
  bytes: Uint8Array;
}

export interface BlockNode {
  name: string;
  /** Argument of `-blockdev` and of `blockdev-add`. */
  description: Readonly<Record<string, unknown>>;
}

export type Device = 'floppy' | 'cdrom' | 'disk';

/** What a block node is made of. */
export interface BlockParts {
  /** Names the medium on its machine; at most 24 characters. */
  key: string;
  device: Device;
  medium: Medium;
  /** Oldest first; the last one is written to. None: the base itself, which is only read. */
  layers: readonly Layer[];
  /** Where the base is if it is bytes. */
  baseFile: string;
}

const SECTOR = 512;
/** Bytes of the floppies that PC drives read, smallest first. */
const FLOPPY_BYTES = [160, 180, 320, 360, 720, 1200, 1440, 1680, 1720, 2880].map((kilobytes) => kilobytes * 1024);
const USUAL_FLOPPY = 1440 * 1024;

export function isWritable(device: Device, { overlay }: Medium): boolean {
  return device !== 'cdrom' && overlay.kind !== 'none';
}

/** The name of the node with so many layers: each one is opened once in a process. */
export function nodeName(key: string, layers: number): string {
  return `${key}.${layers}`;
}

/** A medium with all of its layers. */
export function blockNode({ key, device, medium, layers, baseFile }: BlockParts): BlockNode {
  const name = nodeName(key, layers.length);
  const base = describeBase(medium.source, baseFile);
  const [lowest, ...upper] = layers;
  if (lowest === undefined) {
    if (base === null || isWritable(device, medium)) throw new Error(`${key} has nothing to be read from`);
    return { name, description: { ...base, 'node-name': name } };
  }
  const kept = medium.overlay.kind === 'file';
  const last = layers.length - 1;
  let description = describeLayer(lowest, base, { written: last === 0, kept });
  for (const [i, layer] of upper.entries()) {
    description = describeLayer(layer, description, { written: i + 1 === last, kept });
  }
  return { name, description: { ...description, 'node-name': name } };
}

/** A new layer for a medium in a running machine: what it lies on is there already. */
export function topLayer(key: string, layers: readonly Layer[]): BlockNode {
  const top = layers.at(-1);
  if (top === undefined) throw new Error(`${key} has no layer`);
  const name = nodeName(key, layers.length);
  return {
    name,
    description: { ...describeLayer(top, null, { written: true, kept: false }), 'node-name': name },
  };
}

function describeLayer(
  { path, part }: Layer,
  below: BlockNode['description'] | null,
  { written, kept }: { written: boolean; kept: boolean },
): BlockNode['description'] {
  if (written && part !== undefined) throw new Error('a part of a file is not written to');
  // What lies in the machine's own folder is nobody else's, and layers below the last stay as they are: no lock is needed.
  const file = { driver: 'file', filename: path, ...(kept ? {} : { locking: 'off' }) };
  const readOnly = written ? {} : { 'read-only': true };
  return {
    driver: 'qcow2',
    'read-only': !written,
    ...(written ? { discard: 'unmap' } : {}),
    // What is thrown away with the machine need not be safe from a power cut of the host.
    cache: { direct: false, 'no-flush': !kept },
    file:
      part === undefined
        ? { ...file, ...readOnly }
        : { driver: 'raw', ...part, 'read-only': true, file: { ...file, 'read-only': true } },
    // Said even where there is none: what the image itself may name is not to be opened.
    backing: below,
  };
}

function describeBase(source: Medium['source'], baseFile: string): BlockNode['description'] | null {
  switch (source.kind) {
    case 'blank':
      return null;
    case 'bytes':
      return describeImages([{ path: baseFile, format: 'raw' }]);
    case 'file':
      return describeImages([{ path: source.path, format: source.format ?? 'raw' }, ...(source.below ?? [])]);
    case 'vhd':
      // QEMU reads differencing ones wrongly: it is given them as raw images.
      throw new Error('a VHD has not been flattened');
  }
}

/** The first one lies on the second, and so on: what an image itself may name is not opened. */
function describeImages([image, ...below]: readonly BaseImage[]): BlockNode['description'] | null {
  if (image === undefined) return null;
  const file = { driver: 'file', filename: image.path, 'read-only': true };
  const node = { driver: image.format, 'read-only': true, file };
  return image.format === 'raw' ? node : { ...node, backing: describeImages(below) };
}

/** Reading beyond the end of the base gives zeros, so that a short image makes a whole floppy. */
export function diskSize(device: Device, { source }: Medium): number {
  const size = source.kind === 'bytes' ? source.bytes.length : source.size;
  if (device === 'floppy' && !FLOPPY_BYTES.includes(size)) {
    return Math.max(USUAL_FLOPPY, FLOPPY_BYTES.find((bytes) => bytes >= size) ?? size);
  }
  return Math.ceil(size / SECTOR) * SECTOR;
}
