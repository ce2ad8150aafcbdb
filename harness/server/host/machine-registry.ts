/** Which machines a host has, by name: their folders, and one thing at a time that is done with each. */
import { randomUUID } from 'node:crypto';
import { lstat, mkdir, realpath, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { exists } from '../../../sdk/images/files.js';
import { tryLock } from '../../../sdk/lock.js';
import { filesIn, MachineFolder } from '../machines/machine-folder.js';
import type { HostMachine } from './host-machine.js';
import * as refusals from './refusals.js';

export class MachineRegistry implements Iterable<[string, HostMachine]> {
  /** Machines' folders, and links to those that are kept elsewhere. */
  readonly #folder: string;
  readonly #openMachine: (name: string, folder: MachineFolder) => Promise<HostMachine>;
  readonly #machines = new Map<string, HostMachine>();
  /** What is done with a machine: one thing at a time, and the second is refused. */
  readonly #busy = new Map<string, string>();

  constructor(folder: string, openMachine: (name: string, folder: MachineFolder) => Promise<HostMachine>) {
    this.#folder = folder;
    this.#openMachine = openMachine;
  }

  /** @param unreadable a folder that cannot be read is no reason not to serve the others */
  async find(unreadable: (name: string, error: unknown) => void): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    for (const name of await filesIn(this.#folder)) {
      // What was being made, or removed, when a daemon was killed.
      if (name.startsWith('.')) await rm(join(this.#folder, name), { recursive: true, force: true });
    }
    const names = await filesIn(this.#folder);
    await Promise.all(
      names.map(async (name) => await this.#open(name).catch((error: unknown) => unreadable(name, error))),
    );
  }

  async #open(name: string): Promise<void> {
    const folder = new MachineFolder(await realpath(this.#path(name)));
    this.#machines.set(name, await this.#openMachine(name, folder));
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }

  /** By name. */
  [Symbol.iterator](): IterableIterator<[string, HostMachine]> {
    return [...this.#machines].sort(([a], [b]) => a.localeCompare(b)).values();
  }

  known(name: string): HostMachine | null {
    return this.#machines.get(name) ?? null;
  }

  /** @throws GuestwrightError `usage/machine-unknown` */
  get(name: string): HostMachine {
    const machine = this.known(name);
    if (machine === null) throw refusals.unknown(name, [...this.#machines.keys()]);
    return machine;
  }

  /** Its folder is elsewhere. */
  async isLinked(name: string): Promise<boolean> {
    return (await lstat(this.#path(name))).isSymbolicLink();
  }

  async #assertFree(name: string): Promise<void> {
    if (await isThere(this.#path(name))) throw refusals.exists(name);
  }

  /**
   * Made beside, then renamed: it is there as a whole, or not.
   * @throws GuestwrightError `usage/machine-exists`, `usage/machine-busy`
   */
  async add(name: string, make: (folder: MachineFolder) => Promise<void>): Promise<void> {
    await this.#assertFree(name);
    await this.exclusively(name, 'being created', async () => {
      const beside = this.#path(`.${name}.${randomUUID()}`);
      await mkdir(beside, { mode: 0o700 });
      try {
        await make(new MachineFolder(beside));
        await rename(beside, this.#path(name));
      } catch (error) {
        await rm(beside, { recursive: true, force: true });
        throw error;
      }
      await this.#open(name);
    });
  }

  /** @throws GuestwrightError `usage/machine-exists`, and refuses a folder that it has or that somebody uses */
  async link(name: string, folder: MachineFolder): Promise<void> {
    await this.#assertFree(name);
    await this.exclusively(name, 'being registered', async () => {
      if ([...this.#machines.values()].some((other) => other.folder.path === folder.path))
        throw refusals.registered(folder.path);
      const lease = await tryLock(folder.lease);
      if (typeof lease !== 'function') throw refusals.inUse(folder.path);
      try {
        // A journal is done again only by the host that wrote it.
        await folder.clearRun();
      } finally {
        await lease();
      }
      await symlink(folder.path, this.#path(name));
      await this.#open(name);
    });
  }

  /** @throws GuestwrightError `usage/machine-not-registered`, `usage/machine-running` */
  async unlink(name: string): Promise<void> {
    await this.exclusively(name, 'being unregistered', async () => {
      this.get(name).assertOff();
      if (!(await this.isLinked(name))) throw refusals.notRegistered(name);
      await rm(this.#path(name));
      this.#machines.delete(name);
    });
  }

  /** @throws GuestwrightError `usage/machine-exists`, `usage/machine-running`, `usage/machine-busy` */
  async rename(name: string, next: string): Promise<void> {
    await this.exclusively(name, 'being renamed', async () => {
      const machine = this.get(name);
      machine.assertOff();
      await this.#assertFree(next);
      // Nobody else makes a machine of that name meanwhile.
      await this.exclusively(next, 'being created', async () => {
        await machine.changeConfig((config) => ({ ...config, name: next }));
        await rename(this.#path(name), this.#path(next));
        this.#machines.delete(name);
        await this.#open(next);
      });
    });
  }

  /** In one step, and then in peace. */
  async remove(name: string): Promise<void> {
    const gone = this.#path(`.${name}.${randomUUID()}`);
    await rename(this.#path(name), gone);
    this.#machines.delete(name);
    await rm(gone, { recursive: true, force: true });
  }

  isBusy(name: string): boolean {
    return this.#busy.has(name);
  }

  /** @throws GuestwrightError `usage/machine-busy` */
  assertIdle(name: string): void {
    const busy = this.#busy.get(name);
    if (busy !== undefined) throw refusals.busy(name, busy);
  }

  /**
   * @param as what is done with it, for whoever is refused meanwhile
   * @throws GuestwrightError `usage/machine-busy`
   */
  async exclusively(name: string, as: string, work: () => Promise<unknown>): Promise<void> {
    this.assertIdle(name);
    this.#busy.set(name, as);
    try {
      await work();
    } finally {
      this.#busy.delete(name);
    }
  }
}

/** Even as a link that leads nowhere. */
async function isThere(path: string): Promise<boolean> {
  return (
    (await exists(path)) ||
    (await lstat(path).then(
      () => true,
      () => false,
    ))
  );
}
