/** What an image is to be like, besides its size. */
import { GuestwrightError } from '../errors.js';
import type { DiskFormat } from './recognise.js';

export const DISK_TYPES = ['fixed', 'dynamic'] as const;
export type DiskType = (typeof DISK_TYPES)[number];

export interface DiskShape {
  format: DiskFormat;
  /** VHD, VHDX, qcow2, VMDK. `fixed`: all of it is allocated at once. Default: `dynamic`. */
  type?: DiskType | undefined;
  /** VHD: bytes of the blocks that a dynamic image grows by. */
  blockSize?: number | undefined;
}

/** For `qemu-img -o`; empty: nothing is to be said. @throws GuestwrightError `usage/disk-type` */
export function targetOptions({ format, type }: DiskShape): string {
  if (type !== 'fixed') return format === 'vhdx' ? 'subformat=dynamic' : '';
  switch (format) {
    case 'vhdx':
      return 'subformat=fixed';
    case 'qcow2':
      return 'preallocation=falloc';
    case 'raw':
    case 'vhd':
      return '';
    case 'vmdk':
      throw noSuchType(format);
  }
}

function noSuchType(format: DiskFormat): GuestwrightError {
  return new GuestwrightError(`A ${format} image of one file is never fixed`, {
    kind: 'usage',
    code: 'disk-type',
    expected: 'the type dynamic',
    seen: 'fixed',
    next: 'leave the type out, or take another format',
  });
}
