/**
 * Undo disks: what a machine has on its disks is kept aside when it is switched on, so that what it writes can be thrown away.
 * It lies in `undo/`, as `disks/` was: the same files under other names, none of which is written in place. That it lies there
 * says that there are changes to decide on. Each step can be done again after a kill at any point.
 */
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { GuestwrightError } from '../../../sdk/errors.js';
import { exists } from '../../../sdk/images/files.js';
import type { UndoPolicy } from './config.js';
import { copyWhole } from './copy-file.js';
import { sealDisks } from './disk-layers.js';
import { filesIn, type MachineFolder } from './machine-folder.js';
import { triedLink } from './snapshots.js';

/** Whether what it has written since is still to be decided on. */
export async function hasChanges({ undo }: MachineFolder): Promise<boolean> {
  return await exists(undo);
}

/**
 * Before it writes to its disks.
 * @param isWrittenInPlace QEMU's disks are: what is on them is sealed, and what is written goes to new layers
 * @returns whether there were no changes before
 */
export async function beginChanges(folder: MachineFolder, isWrittenInPlace: boolean): Promise<boolean> {
  if (await hasChanges(folder)) return false;
  const beside = `${folder.undo}.part`;
  await rm(beside, { recursive: true, force: true });
  if (isWrittenInPlace) await sealDisks(folder.disks);
  await mkdir(beside);
  for (const name of await filesIn(folder.disks)) {
    const [from, to] = [join(folder.disks, name), join(beside, name)];
    if (!(await triedLink(from, to))) await copyWhole(from, to, () => undefined);
  }
  await rename(beside, folder.undo);
  return true;
}

/** What it has written is on its disks for good. */
export async function commitChanges({ undo }: MachineFolder): Promise<void> {
  const gone = `${undo}.gone`;
  await rm(gone, { recursive: true, force: true });
  await rename(undo, gone);
  await rm(gone, { recursive: true, force: true });
}

/** Its disks are as they were. */
export async function discardChanges({ undo, disks }: MachineFolder): Promise<void> {
  await rename(disks, discarded(disks));
  await rename(undo, disks);
  await rm(discarded(disks), { recursive: true, force: true });
}

/** Of a machine that nobody runs: what was cut short is done to its end, and at power-off what its settings say. */
export async function settleChanges(folder: MachineFolder, policy: UndoPolicy | null, isOff: boolean): Promise<void> {
  const { undo, disks } = folder;
  await rm(`${undo}.part`, { recursive: true, force: true });
  await rm(`${undo}.gone`, { recursive: true, force: true });
  if (await exists(discarded(disks))) {
    if (!(await exists(disks))) await rename(undo, disks);
    await rm(discarded(disks), { recursive: true, force: true });
  }
  if (!isOff || !(await hasChanges(folder))) return;
  if (policy === 'commit') await commitChanges(folder);
  if (policy === 'discard') await discardChanges(folder);
}

const discarded = (disks: string): string => `${disks}.discarded`;

/** @throws GuestwrightError `usage/changes-missing` */
export async function assertChanges(name: string, folder: MachineFolder): Promise<void> {
  if (await hasChanges(folder)) return;
  throw new GuestwrightError(`${name} has no changes to decide on`, {
    kind: 'usage',
    code: 'changes-missing',
    expected: 'a machine whose undo disks were written to and kept',
    seen: 'none since they were last committed or discarded',
    next: 'set its undo disks to keep, and start it',
  });
}

/** @throws GuestwrightError `usage/changes-pending` */
export async function assertNoChanges(name: string, folder: MachineFolder): Promise<void> {
  if (!(await hasChanges(folder))) return;
  throw new GuestwrightError(`${name} has changes that nobody has decided on`, {
    kind: 'usage',
    code: 'changes-pending',
    expected: 'a machine whose disks hold what was committed',
    seen: 'changes of its undo disks',
    next: `guestwright machine commit ${name}, or discard-changes`,
  });
}
