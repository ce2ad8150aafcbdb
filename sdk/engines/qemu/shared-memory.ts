/**
 * A guest's memory that QEMU shares with its owner: a file without a name (memfd), which the owner opens by QEMU's number
 * for it. What is in it need not go through QEMU, neither when it is saved nor when it is brought back.
 */
import { constants } from 'node:fs';
import { access, open, readdir, readlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

/** What Linux shows of QEMU's file without a name. */
const LINK = /^\/memfd:memory-backend-memfd\b/;

/**
 * The path by which the memory of a process can be opened; null where it cannot: no such memory, or the host does not let
 * one process look into another.
 */
export async function sharedMemoryOf(pid: number): Promise<string | null> {
  const folder = `/proc/${pid}/fd`;
  try {
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      if (!LINK.test(await readlink(path).catch(() => ''))) continue;
      await access(path, constants.R_OK | constants.W_OK);
      return path;
    }
  } catch {
    // It is asked for because it may not be allowed.
  }
  return null;
}

/**
 * The memory itself, which then outlives the process: the next one can have it. Null as above.
 * The caller closes it.
 */
export async function openSharedMemory(pid: number): Promise<FileHandle | null> {
  const path = await sharedMemoryOf(pid);
  return path === null ? null : await open(path, 'r+').catch(() => null);
}
