/** Real disks for tests: file systems made by their own tools, in partitions of a table written here. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { createVhd, openVhd } from '../vhd/index.js';
import { FileStorage } from '../storage.js';

export type Made = 'fat16' | 'fat32' | 'ext4' | 'ext2' | 'ntfs';

const MAKERS: Record<Made, { sectors: number; type: number; command: (file: string) => [string, string[]] }> = {
  fat16: { sectors: 40_960, type: 0x0e, command: (file) => ['mkfs.vfat', ['-F', '16', file]] },
  fat32: { sectors: 81_920, type: 0x0c, command: (file) => ['mkfs.vfat', ['-F', '32', file]] },
  ext2: { sectors: 40_960, type: 0x83, command: (file) => ['mkfs.ext2', ['-q', '-F', file]] },
  ext4: { sectors: 65_536, type: 0x83, command: (file) => ['mkfs.ext4', ['-q', '-F', file]] },
  ntfs: { sectors: 40_960, type: 0x07, command: (file) => ['mkntfs', ['-q', '-f', '-F', '-p', '0', file]] },
};

export interface PlacedPartition {
  number: number;
  /** Bytes. */
  offset: number;
  size: number;
}

const PATHS = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;

/** Runs a tool of the system. @returns what it said */
export async function tool(program: string, args: readonly string[], input?: string): Promise<string> {
  const { stdout } = await execa(program, args, {
    env: { LC_ALL: 'C', PATH: PATHS, MTOOLS_SKIP_CHECK: '1' },
    ...(input === undefined ? { stdin: 'ignore' } : { input }),
  });
  return stdout;
}

/** Whether all of these tools are here. */
export async function haveTools(...programs: string[]): Promise<boolean> {
  const { exitCode } = await execa('which', programs, { env: { PATH: PATHS }, reject: false });
  return exitCode === 0;
}

/** A raw disk of primary partitions. */
export async function makeRawDisk(path: string, folder: string, made: readonly Made[]): Promise<PlacedPartition[]> {
  const first = 2048;
  const total = made.reduce((sum, one) => sum + MAKERS[one].sectors, first) + 2048;
  const disk = Buffer.alloc(total * 512);
  const placed: PlacedPartition[] = [];
  let at = first;
  for (const [index, one] of made.entries()) {
    const { sectors, type, command } = MAKERS[one];
    const file = join(folder, `made-${index}`);
    writeFileSync(file, Buffer.alloc(sectors * 512));
    const [program, args] = command(file);
    await tool(program, args);
    disk.set(readFileSync(file), at * 512);
    const entry = 446 + 16 * index;
    disk.writeUInt8(type, entry + 4);
    disk.writeUInt32LE(at, entry + 8);
    disk.writeUInt32LE(sectors, entry + 12);
    placed.push({ number: index + 1, offset: at * 512, size: sectors * 512 });
    at += sectors;
  }
  disk.writeUInt16LE(0xaa55, 510);
  writeFileSync(path, disk);
  return placed;
}

/** The bytes of a raw disk as a dynamic VHD; nothing is allocated for zeros. */
export function toDynamicVhd(raw: string, vhd: string): void {
  const bytes = readFileSync(raw);
  const storage = new FileStorage(vhd, 'new');
  createVhd(storage, { type: 'dynamic', size: bytes.length });
  const disk = openVhd(storage, { writable: true });
  const step = 1 << 16;
  for (let at = 0; at < bytes.length; at += step) {
    const part = bytes.subarray(at, at + step);
    if (part.some((byte) => byte !== 0)) disk.write(at, new Uint8Array(part));
  }
  disk.flush();
  disk.close();
}

/** One partition of an image as a file of its own, by `qemu-img` and by nothing of ours. */
export async function extractPartition(
  image: string,
  format: string,
  { offset, size }: PlacedPartition,
  to: string,
): Promise<void> {
  const whole = `${to}.whole`;
  await tool('qemu-img', ['convert', '-f', format, '-O', 'raw', image, whole]);
  writeFileSync(to, readFileSync(whole).subarray(offset, offset + size));
}
