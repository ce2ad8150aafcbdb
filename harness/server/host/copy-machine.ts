/**
 * The files of a machine for another that begins where it is. What is never written in place (states, pictures, v86's disks)
 * is the same file under another name: it takes no space until one of the two machines has it otherwise, and stays when the
 * other machine goes. QEMU writes its disks in place: they are copied, unless they were sealed before.
 */
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { GuestwrightError } from '../../../sdk/errors.js';
import { copyWhole } from '../machines/copy-file.js';
import type { MachineFolder } from '../machines/machine-folder.js';
import { SnapshotFolder, triedLink } from '../machines/snapshots.js';
import { freshStatus } from '../machines/status.js';
import { cancelled, type TaskWork } from './tasks.js';

export interface CopyRequest extends TaskWork {
  /** For messages. */
  what: string;
  /** Whether a file, by its name in the folder, is never written in place. */
  isShared: (name: string) => boolean;
  isLeftOut?: (name: string) => boolean;
  /** What to fail with instead of copying a disk that is shared but cannot be between the two places. */
  onUnlinkable?: (name: string) => GuestwrightError;
}

/** @param disks whether those are not: its engine writes them anew, or they are sealed */
export function isNeverWritten(name: string, disks: boolean): boolean {
  return (
    name === 'saved.state' ||
    /^snapshots\/[^/]+\.(state|png)$/.test(name) ||
    (disks && /^(disks|undo)\/[^/]+$/.test(name))
  );
}

/**
 * Without what is of a run, or of one machine only.
 * @throws GuestwrightError `usage/task-cancelled`: what there is of the copy by then is for the caller to remove
 */
export async function copyMachine(
  from: MachineFolder,
  to: MachineFolder,
  { report, cancellable, what, isShared, isLeftOut = () => false, onUnlinkable }: CopyRequest,
): Promise<void> {
  const files = (await filesOf(from)).filter(({ name }) => !isLeftOut(name));
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
    const [source, target] = [join(from.path, name), join(to.path, name)];
    if (isShared(name) && (await triedLink(source, target))) onBytes(bytes);
    else if (isShared(name) && onUnlinkable !== undefined) throw onUnlinkable(name);
    else await copyWhole(source, target, onBytes);
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

/** What a machine that begins at a snapshot has not of the other: the state has its disks in it. */
export function isOfHistory(name: string): boolean {
  return name === 'saved.state' || name === 'status.json' || /^(disks|undo|snapshots)[/.]/.test(name);
}

/** @throws GuestwrightError `usage/snapshot-missing`, `usage/snapshot-name-ambiguous` */
export async function beginAt(from: MachineFolder, reference: string, to: MachineFolder): Promise<void> {
  const snapshots = new SnapshotFolder(from.snapshots);
  const { id, name } = await snapshots.find(reference);
  const state = snapshots.stateFile(id);
  if (!(await triedLink(state, to.savedState))) await copyWhole(state, to.savedState, () => undefined);
  await mkdir(to.disks);
  await to.writeStatus({ ...freshStatus(new Date()), state: 'saved', detail: `It begins at the snapshot "${name}".` });
}
