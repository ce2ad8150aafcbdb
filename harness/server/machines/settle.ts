/** What a process that was killed has left of a machine is put in order, by whoever holds its lease now. */
import type { MachineFolder } from './machine-folder.js';
import { settleChanges } from './undo.js';
import { SnapshotFolder } from './snapshots.js';
import { trueStatus, type MachineStatus, type Truth } from './status.js';

/**
 * Can be done again after a kill at any point.
 * @returns its status, which is true now unless it is to be rebuilt
 */
export async function settle(folder: MachineFolder): Promise<{ status: MachineStatus; truth: Truth }> {
  // That they are committed was decided before they are merged.
  const { state } = await folder.readStatus();
  if (state === 'merging-disks') await settleChanges(folder, 'commit', true);
  const settled = await settleRun(folder);
  // One that is to be rebuilt goes on.
  if (settled.truth.outcome !== 'rebuild') {
    const { undo } = await folder.readConfig();
    await settleChanges(folder, undo, settled.status.state === 'turned-off');
  }
  return settled;
}

async function settleRun(folder: MachineFolder): Promise<{ status: MachineStatus; truth: Truth }> {
  await new SnapshotFolder(folder.snapshots).sweep();
  const leftovers = await folder.leftovers();
  if (leftovers.status.disksWritten) {
    await folder.takeDisks();
    await folder.clearRun();
    const status = { ...leftovers.status, disksWritten: false };
    await folder.writeStatus(status);
    return { status, truth: trueStatus({ ...leftovers, status, journal: false }) };
  }
  const truth = trueStatus(leftovers);
  switch (truth.outcome) {
    case 'as-said':
    case 'rebuild':
      return { status: leftovers.status, truth };
    case 'turned-off':
    case 'saved': {
      await folder.clearRun();
      const status = {
        ...leftovers.status,
        state: truth.outcome,
        since: new Date().toISOString(),
        detail: `Its process was killed while it was ${truth.was}.`,
      };
      await folder.writeStatus(status);
      return { status, truth };
    }
  }
}
