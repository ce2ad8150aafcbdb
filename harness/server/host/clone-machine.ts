/** What a clone begins with: copies of all files of the other machine, or the files themselves under other names. */
import { randomUUID } from 'node:crypto';
import { GuestwrightError } from '../../../sdk/errors.js';
import type { MachineConfig } from '../machines/config.js';
import { mostLayers } from '../machines/disk-layers.js';
import { hostedSpec, isBitExact } from '../machines/hosted-spec.js';
import type { MachineFolder } from '../machines/machine-folder.js';
import { beginAt, copyMachine, isNeverWritten, isOfHistory } from './copy-machine.js';
import type { TaskWork } from './tasks.js';

export interface CloneRequest {
  /** By its id or name: the clone begins there. Else where the machine is. */
  snapshot?: string | undefined;
  /** Nothing of the disks is copied: what is on them is shared until one of the two has it otherwise. */
  linked?: boolean | undefined;
}

/** A machine's disks have layers enough: each linked clone may add one to both. */
const MOST_LAYERS = 32;

/**
 * @param seal has the machine write to other files from now on
 * @throws GuestwrightError `usage/clone-not-linkable`, `usage/clone-layers-many`, `usage/task-cancelled`
 */
export async function fillClone(
  from: { config: MachineConfig; folder: MachineFolder; seal: () => Promise<void> },
  to: { name: string; folder: MachineFolder },
  { snapshot, linked = false }: CloneRequest,
  work: TaskWork,
): Promise<void> {
  const { config, folder } = from;
  const { engine } = hostedSpec(config.spec, folder);
  if (linked && snapshot === undefined && !isBitExact(engine)) {
    const layers = await mostLayers(folder.disks);
    if (layers > MOST_LAYERS) throw layersMany(config.name, layers);
    await from.seal();
  }
  await copyMachine(folder, to.folder, {
    ...work,
    what: `The clone of ${config.name}`,
    isShared: (file) => isNeverWritten(file, isBitExact(engine) || linked),
    ...(snapshot === undefined ? {} : { isLeftOut: isOfHistory }),
    ...(linked ? { onUnlinkable: (file: string) => notLinkable(config.name, file) } : {}),
  });
  if (snapshot !== undefined) await beginAt(folder, snapshot, to.folder);
  const created = new Date().toISOString();
  await to.folder.writeConfig({ ...config, id: randomUUID(), name: to.name, created });
}

function notLinkable(name: string, file: string): GuestwrightError {
  return new GuestwrightError(`${name} cannot be cloned by links`, {
    kind: 'usage',
    code: 'clone-not-linkable',
    expected: 'a machine whose folder is on the file system of the host, one that has hard links',
    seen: `${file} could not be linked`,
    next: 'make a full clone: leave --linked out',
  });
}

function layersMany(name: string, layers: number): GuestwrightError {
  return new GuestwrightError(`${name} has been cloned by links too often`, {
    kind: 'usage',
    code: 'clone-layers-many',
    expected: `disks of at most ${MOST_LAYERS} layers`,
    seen: `a disk of ${layers} layers, which other machines have too`,
    next: `make a full clone: leave --linked out; or delete clones that nobody needs, and start ${name} once`,
  });
}
