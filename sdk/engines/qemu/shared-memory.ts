/**
 * A guest's memory that QEMU shares with its owner: a file without a name (memfd), which the owner opens by QEMU's number
 * for it. What is in it need not go through QEMU, neither when it is saved nor when it is brought back.
 */
import { constants } from 'node:fs';
import { access, readdir, readlink } from 'node:fs/promises';
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
