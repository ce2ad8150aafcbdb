/** A machine that is made for one scenario: a copy of another, which stays as it is, from a state or from its disks. */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { exists } from '../../../sdk/images/files.js';
import type { MachineConfig } from '../machines/config.js';
import type { MachineFolder } from '../machines/machine-folder.js';
import { linkFile, SnapshotFolder } from '../machines/snapshots.js';

/** Where the copy begins. */
export type ScratchStart =
  /** At a snapshot, by its id. */
  | { kind: 'snapshot'; id: string }
  /** Where the machine was saved. */
  | { kind: 'saved' }
  /** At power-on, with what is on its disks. */
  | { kind: 'disks' };

export function scratchConfig(config: MachineConfig, of: MachineFolder, name: string, title: string): MachineConfig {
  return {
    ...config,
    id: randomUUID(),
    name,
    created: new Date().toISOString(),
    spec: withWholePaths(config.spec, of.path),
    scratch: { of: config.name, title },
    autostart: 'never',
    onQuit: 'power-off',
  };
}

/** Media in the machine's folder stay there. */
function withWholePaths(spec: MachineConfig['spec'], folder: string): MachineConfig['spec'] {
  const { floppy, cdrom } = spec;
  const whole = (ref: unknown): unknown => (typeof ref === 'string' && ref.startsWith('./') ? join(folder, ref) : ref);
  return {
    ...spec,
    ...('floppy' in spec ? { floppy: whole(floppy) } : {}),
    ...('cdrom' in spec ? { cdrom: whole(cdrom) } : {}),
  };
}

/** What the copy begins with. States are shared, as nobody ever writes to one; disks are copied, cheaply where the file system can. */
export async function fillScratch(from: MachineFolder, to: MachineFolder, start: ScratchStart): Promise<void> {
  await mkdir(to.disks, { recursive: true });
  switch (start.kind) {
    case 'snapshot':
      await linkFile(new SnapshotFolder(from.snapshots).stateFile(start.id), to.savedState);
      break;
    case 'saved':
      await linkFile(from.savedState, to.savedState);
      break;
    case 'disks':
      if (!(await exists(from.disks))) return;
      await cp(from.disks, to.disks, { recursive: true, mode: constants.COPYFILE_FICLONE });
  }
}
