/** A file copied into another place on the host. */
import { constants } from 'node:fs';
import { copyFile, open, stat } from 'node:fs/promises';

const STEP = 1 << 20;
const ZEROS = Buffer.alloc(STEP);

/**
 * In one step where the file system can, else bit by bit, holes left out.
 * @param onBytes told of so many bytes more; what it throws ends the copy, and leaves what there is of it
 */
export async function copyWhole(from: string, to: string, onBytes: (bytes: number) => void): Promise<void> {
  if (await shared(from, to)) {
    onBytes((await stat(to)).size);
    return;
  }
  await using source = await open(from, 'r');
  await using target = await open(to, 'wx', (await source.stat()).mode & 0o777);
  const buffer = Buffer.alloc(STEP);
  let at = 0;
  for (;;) {
    const { bytesRead } = await source.read(buffer, 0, STEP, at);
    if (bytesRead === 0) break;
    const part = buffer.subarray(0, bytesRead);
    if (!part.equals(ZEROS.subarray(0, bytesRead))) await target.write(part, 0, bytesRead, at);
    at += bytesRead;
    onBytes(bytesRead);
  }
  await target.truncate(at);
}

/** Whether the file system has made a copy that shares the blocks until one of them is written to. */
async function shared(from: string, to: string): Promise<boolean> {
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    // There it can not, or not between these two places (ENOTSUP, ENOSYS, EXDEV, EINVAL, ENOTTY): it is copied then.
    if (error instanceof Error && 'code' in error && error.code !== 'EEXIST' && error.code !== 'ENOSPC') return false;
    throw error;
  }
}
