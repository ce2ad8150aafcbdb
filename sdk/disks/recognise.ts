/**
 * What an image is, by what is in it and never by its name; and whether it may be opened. No tool sees an image before this
 * has: all that an image says of itself is untrusted, and a tool believes it.
 */
import { lstatSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { isMissing } from '../images/files.js';
import { FileStorage, type Storage } from './storage.js';
import { viewAt, textAt } from './headers/head.js';
import type { HeaderProblem } from './headers/problem.js';
import { readQcow2Header, type Qcow2Header } from './headers/qcow2.js';
import { readVhdxHeader, type VhdxHeader } from './headers/vhdx.js';
import { readVmdkHeader, type VmdkHeader } from './headers/vmdk.js';
import { readVhd, type VhdInfo } from './vhd/index.js';
import { diskMissing, diskRefused, rawNotWhole } from './disk-errors.js';

export const DISK_FORMATS = ['raw', 'vhd', 'vhdx', 'qcow2', 'vmdk'] as const;
export type DiskFormat = (typeof DISK_FORMATS)[number];

/** An image that may be opened. `size`: bytes of the disk in it; `fileBytes`: of the file. */
export type Recognised = { path: string; size: number; fileBytes: number } & (
  | { format: 'raw' }
  | { format: 'vhd'; vhd: VhdInfo }
  | { format: 'vhdx'; header: VhdxHeader }
  | { format: 'qcow2'; header: Qcow2Header }
  | { format: 'vmdk'; header: VmdkHeader }
);

/**
 * What is in a file.
 * @param path relative ones start at the working directory
 * @param name for messages
 * @throws GuestwrightError `usage/file-missing`, `usage/disk-damaged`, `usage/disk-names-other-files`,
 *   `usage/disk-unsupported`, `usage/disk-not-raw`
 */
export function recogniseDisk(path: string, name = path): Recognised {
  const absolute = resolve(path);
  const storage = openImage(absolute, name);
  try {
    return recognised(storage, absolute, name);
  } finally {
    storage.close();
  }
}

/** The formats that an image begins or ends as. A raw disk's guest can write whatever it likes into its first sector. */
export function formatOf(storage: Storage): DiskFormat {
  const head = viewAt(storage, 0, 8);
  const start = head === null ? '' : textAt(head, 0, 8);
  if (start === 'vhdxfile') return 'vhdx';
  if (start.startsWith('QFI\u00fb')) return 'qcow2';
  if (start.startsWith('KDMV')) return 'vmdk';
  return start === VHD_COOKIE || endsAsVhd(storage) ? 'vhd' : 'raw';
}

const VHD_COOKIE = 'conectix';

/** Early versions of Virtual PC wrote a footer of 511 bytes. */
function endsAsVhd(storage: Storage): boolean {
  return [512, 511].some((bytes) => {
    const footer = viewAt(storage, storage.size() - bytes, 8);
    return footer !== null && textAt(footer, 0, 8) === VHD_COOKIE;
  });
}

/** @throws GuestwrightError `usage/file-missing` */
export function openImage(path: string, name = path, access: 'read' | 'write' = 'read'): Storage {
  try {
    if (!lstatSync(path).isFile() && !lstatSync(path).isSymbolicLink())
      throw diskMissing(name, 'it is no regular file');
    return new FileStorage(path, access);
  } catch (error) {
    if (isMissing(error)) throw diskMissing(name, 'no such file');
    throw error;
  }
}

function recognised(storage: Storage, path: string, name: string): Recognised {
  const fileBytes = storage.size();
  const format = formatOf(storage);
  const file = { path, fileBytes };
  switch (format) {
    case 'vhd': {
      const vhd = readVhd(storage);
      return { ...file, format, size: vhd.size, vhd };
    }
    case 'qcow2': {
      const header = accepted(readQcow2Header(storage), name, format);
      return { ...file, format, size: header.size, header };
    }
    case 'vhdx': {
      const header = accepted(readVhdxHeader(storage), name, format);
      return { ...file, format, size: header.size, header };
    }
    case 'vmdk': {
      const header = accepted(readVmdkHeader(storage), name, format);
      return { ...file, format, size: header.size, header };
    }
    case 'raw':
      refuseDescriptor(storage, name);
      if (fileBytes === 0 || fileBytes % 512 !== 0) throw rawNotWhole(name, fileBytes);
      return { ...file, format, size: fileBytes };
  }
}

/** Other kinds of VMDK, which would pass for raw disks. */
function refuseDescriptor(storage: Storage, name: string): void {
  const head = viewAt(storage, 0, 21);
  const start = head === null ? '' : textAt(head, 0, 21);
  if (start === '# Disk DescriptorFile') {
    const what = 'the descriptor of a disk whose data is in other files';
    throw diskRefused(name, 'vmdk', { kind: 'names-other-files', what });
  }
  if (start.startsWith('COWD')) throw diskRefused(name, 'vmdk', { kind: 'unsupported', what: 'VMDK of version 3' });
}

function accepted<Header extends object>(header: Header | HeaderProblem, name: string, format: DiskFormat): Header {
  if (isProblem(header)) throw diskRefused(name, format, header);
  return header;
}

function isProblem(header: object): header is HeaderProblem {
  return 'kind' in header;
}

const EXTENSIONS: Readonly<Record<string, DiskFormat>> = {
  '.raw': 'raw',
  '.img': 'raw',
  '.vhd': 'vhd',
  '.vhdx': 'vhdx',
  '.qcow2': 'qcow2',
  '.vmdk': 'vmdk',
};

/** What a name promises; null: nothing. */
export function formatOfName(path: string): DiskFormat | null {
  return EXTENSIONS[extname(path).toLowerCase()] ?? null;
}

/** A line for who should know that a name promises another format; null: it does not. */
export function nameWarning({ path, format }: Pick<Recognised, 'path' | 'format'>): string | null {
  const promised = formatOfName(path);
  return promised === null || promised === format ? null : `${path} is ${format}, whatever its name says`;
}
