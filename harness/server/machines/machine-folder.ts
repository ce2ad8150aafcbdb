/**
 * The folder of a machine. All of it can be copied, backed up and registered elsewhere.
 *
 *     machine.json        its configuration
 *     status.json         what is true of it
 *     lease               who runs it (a symbolic link; see sdk/lock.ts)
 *     disks/              what its disks hold beyond their bases
 *     undo/               what disks/ held before the changes that are still to be decided on (see undo.ts)
 *     saved.state         where it was saved
 *     snapshots/          <id>.json, <id>.state, <id>.png
 *     run/                of a machine that runs: its journal, and v86's disks while they are written
 *     process.log         what its process printed
 *     log.ndjson          what happened to it
 */
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { GuestwrightError } from '../../../sdk/errors.js';
import { exists, isMissing, readIfThere, writeWhole } from '../../../sdk/images/files.js';
import { encodeConfig, parseConfig, type MachineConfig } from './config.js';
import { freshStatus, statusSchema, type Leftovers, type MachineStatus } from './status.js';

export class MachineFolder {
  constructor(readonly path: string) {}

  get configFile(): string {
    return join(this.path, 'machine.json');
  }
  get statusFile(): string {
    return join(this.path, 'status.json');
  }
  get lease(): string {
    return join(this.path, 'lease');
  }
  get savedState(): string {
    return join(this.path, 'saved.state');
  }
  get disks(): string {
    return join(this.path, 'disks');
  }
  get undo(): string {
    return join(this.path, 'undo');
  }
  get run(): string {
    return join(this.path, 'run');
  }
  get journal(): string {
    return join(this.run, 'journal.ndjson');
  }
  get snapshots(): string {
    return join(this.path, 'snapshots');
  }
  get processLog(): string {
    return join(this.path, 'process.log');
  }

  /** @throws GuestwrightError `usage/machine-missing`, and what {@link parseConfig} throws */
  async readConfig(): Promise<MachineConfig> {
    const text = await readIfThere(this.configFile);
    if (text === null) throw noMachine(this.path);
    return parseConfig(text, this.configFile);
  }

  async writeConfig(config: MachineConfig): Promise<void> {
    await writeWhole(this.configFile, encodeConfig(config));
  }

  /** A machine that was never started has none: it is off. @throws GuestwrightError `infrastructure/machine-status-damaged` */
  async readStatus(): Promise<MachineStatus> {
    const text = await readIfThere(this.statusFile);
    if (text === null) return freshStatus(new Date());
    try {
      return statusSchema.parse(JSON.parse(text));
    } catch (error) {
      throw statusDamaged(this.statusFile, error instanceof Error ? error.message : String(error));
    }
  }

  async writeStatus(status: MachineStatus): Promise<void> {
    await writeWhole(this.statusFile, `${JSON.stringify(status, null, 2)}\n`);
  }

  async leftovers(): Promise<Leftovers> {
    const [status, savedState, journal] = await Promise.all([
      this.readStatus(),
      exists(this.savedState),
      exists(this.journal),
    ]);
    return { status, savedState, journal };
  }

  /** Puts what v86 wrote of the disks in their place. Can be done again after a kill at any point. */
  async takeDisks(): Promise<void> {
    await mkdir(this.disks, { recursive: true });
    for (const name of await filesIn(this.run)) {
      if (name.endsWith('.overlay')) await rename(join(this.run, name), join(this.disks, name));
    }
  }

  async clearRun(): Promise<void> {
    await rm(this.run, { recursive: true, force: true });
  }
}

/** Names, in order; empty where there is no such folder. */
export async function filesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function noMachine(path: string): GuestwrightError {
  return new GuestwrightError(`There is no machine in ${path}`, {
    kind: 'usage',
    code: 'machine-missing',
    expected: 'a folder with a file machine.json',
    seen: path,
  });
}

function statusDamaged(file: string, seen: string): GuestwrightError {
  return new GuestwrightError(`${file} cannot be read`, {
    kind: 'infrastructure',
    code: 'machine-status-damaged',
    expected: 'what Guestwright wrote there',
    seen,
    next: 'remove the file if the machine does not run: it counts as turned off then',
  });
}
