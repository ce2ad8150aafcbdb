/** A kernel that is booted directly, as files that QEMU reads. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hardware, WholeFile } from '../engine.js';

export interface KernelFiles {
  kernel: string;
  initrd: string | null;
  commandLine: string;
}

/** @param folder of the machine, for what is no file yet */
export async function kernelFiles(folder: string, kernel: Hardware['kernel']): Promise<KernelFiles | null> {
  if (kernel === null) return null;
  return {
    kernel: await asFile(join(folder, 'kernel'), kernel.kernel),
    initrd: kernel.initrd === null ? null : await asFile(join(folder, 'initrd'), kernel.initrd),
    commandLine: kernel.commandLine,
  };
}

async function asFile(file: string, { source }: WholeFile): Promise<string> {
  if (source.kind === 'file') return source.path;
  if (source.kind === 'vhd') throw new Error('a kernel is no disk');
  await writeFile(file, source.kind === 'bytes' ? source.bytes : new Uint8Array(source.size));
  return file;
}
