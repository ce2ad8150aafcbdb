/** The files of a machine, copied into another folder: in one step where the file system can, else bit by bit, holes left out. */
import { constants } from 'node:fs';
import { copyFile, mkdir, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { MachineFolder } from '../machines/machine-folder.js';
import { cancelled, type TaskWork } from './tasks.js';

const STEP = 1 << 20;
const ZEROS = Buffer.alloc(STEP);

/**
 * Without what is of a run, or of one machine only.
 * @throws GuestwrightError `usage/task-cancelled`: what there is of the copy by then is for the caller to remove
 */
export async function copyMachine(
  from: MachineFolder,
  to: MachineFolder,
  { report, cancellable, what }: TaskWork & { what: string },
): Promise<void> {
  const files = await filesOf(from);
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let isCancelled = false;
  let copied = 0;
  cancellable(() => (isCancelled = true));
  const onBytes = (bytes: number): void => {
    if (isCancelled) throw cancelled(what);
    copied += bytes;
    report(total === 0 ? null : copied / total);
  };
  for (const { name, bytes } of files) {
    await mkdir(join(to.path, name, '..'), { recursive: true });
    await copyOne(join(from.path, name), join(to.path, name), bytes, onBytes);
  }
  onBytes(0);
  cancellable(null);
}

/** By their names in the folder. */
async function filesOf({ path, run, lease, processLog }: MachineFolder): Promise<{ name: string; bytes: number }[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.startsWith(`${run}/`) && file !== lease && file !== processLog);
  return await Promise.all(
    paths.map(async (file) => ({ name: file.slice(path.length + 1), bytes: (await stat(file)).size })),
  );
}

async function copyOne(from: string, to: string, size: number, onBytes: (bytes: number) => void): Promise<void> {
  if (await shared(from, to)) {
    onBytes(size);
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
