/**
 * The checkpoints of one machine that is not memoised: states in the store, each under a key that names what led to it.
 * What is wrong with the store is told, and the checkpoint's body runs instead.
 */
import { randomUUID } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GuestwrightError } from '../errors.js';
import { sha256 } from '../images/files.js';
import { GuestMachine } from '../machine/machine.js';
import type { Machine, Snapshot } from '../machine/types.js';
import { asProblem, storeDamaged } from '../snapshots/failures.js';
import { SnapshotStore } from '../snapshots/store.js';
import { checkpointNotKept, checkpointUnusable } from './failures.js';
import { obstacleIn } from './keeping.js';
import { checkpointKey, firstKey, keyOfState } from './keys.js';
import { decodeNote, encodeNote, type CheckpointNote } from './note.js';

/** The files of such a snapshot. */
const STATE = 'state';
const NOTE = 'own';

export interface Checkpoint {
  name: string;
  /** Raised by whoever writes the body when it does something else. */
  version: number;
  /** The body's text: only to tell that it is another. */
  body: string;
}

/** A checkpoint's state that the machine has taken in; nothing has changed yet. */
export interface FoundCheckpoint {
  snapshot: Snapshot;
  /** The body that ran has another text than the one that is there now. */
  bodyChanged: boolean;
  readonly key: string;
  readonly note: CheckpointNote;
}

export class Checkpoints implements AsyncDisposable {
  readonly #machine: GuestMachine;
  readonly #store: SnapshotStore;
  readonly #scope: readonly string[];
  readonly #problems: GuestwrightError[] = [];
  /** Key of the state that the next checkpoint builds on; null: it is not in the store, nor will what follows be. */
  #before: string | null;
  #storing: Promise<void> = Promise.resolve();

  private constructor(machine: GuestMachine, parts: { store: SnapshotStore; scope: readonly string[]; first: string }) {
    this.#machine = machine;
    this.#store = parts.store;
    this.#scope = parts.scope;
    this.#before = parts.first;
  }

  /**
   * Of a machine that was just launched.
   * @param scope whose they are: the same names elsewhere are other checkpoints
   */
  static async of(
    machine: Machine,
    { scope, store = new SnapshotStore() }: { scope: readonly string[]; store?: SnapshotStore },
  ): Promise<Checkpoints> {
    const guest = guestMachine(machine);
    return new Checkpoints(guest, { store, scope, first: await firstKey(guest, scope, store) });
  }

  /** What is wrong with the store. The run was not disturbed. */
  get problems(): readonly GuestwrightError[] {
    return this.#problems;
  }

  /** Brings a checkpoint's state into the machine, to be used. Null: it is not in the store, or cannot be used. */
  async find({ name, version, body }: Checkpoint): Promise<FoundCheckpoint | null> {
    if (this.#before === null) return null;
    const key = checkpointKey(this.#before, name, version);
    try {
      if (!(await this.#store.has(key))) return null;
      return await this.#inFolder(async (folder) => {
        await using lease = await this.#store.hold(key);
        const note = await readNote(this.#store, lease.key, folder);
        const file = join(folder, STATE);
        await this.#store.extract(lease.key, STATE, file);
        const snapshot = await this.#import(file, name, lease.key, note);
        return snapshot === null ? null : { snapshot, bodyChanged: note.body !== sha256(body), key, note };
      });
    } catch (error) {
      const problem = asProblem(error, this.#store.folder);
      // Evicted meanwhile is no problem.
      if (problem.code !== 'snapshot-not-stored') this.#tell(problem);
      return null;
    }
  }

  /** Null: the engine refuses it, and nothing has changed. */
  async #import(file: string, name: string, key: string, note: CheckpointNote): Promise<Snapshot | null> {
    try {
      return await this.#machine.importSnapshot(file, name, note.own);
    } catch (error) {
      if (!(error instanceof GuestwrightError)) throw error;
      await this.#store.remove(key);
      this.#tell(checkpointUnusable(name, error.message));
      return null;
    }
  }

  /**
   * Takes the machine to a checkpoint.
   * @throws what the engine throws; the checkpoint is taken out of the store then, so that another run does not fail of it
   */
  async use({ snapshot, note, key }: FoundCheckpoint): Promise<void> {
    try {
      await this.#machine.revert(snapshot);
      if (note.paused) await this.#machine.pause();
    } catch (error) {
      await this.#store.remove(key);
      throw error;
    }
    this.#before = keyOfState(key, note.generation);
  }

  /**
   * Puts a checkpoint that was reached into the store, in place of one that is there. What takes long goes on in the
   * background: dispose waits for it.
   * @param snapshot of the machine, at the checkpoint
   */
  async keep({ name, version, body }: Checkpoint, snapshot: Snapshot): Promise<void> {
    const before = this.#before;
    this.#before = null;
    if (before === null) return;
    const key = checkpointKey(before, name, version);
    const generation = randomUUID();
    const paused = this.#machine.state === 'paused';
    let folder: string | null = null;
    try {
      folder = await this.#store.newFolder();
      const file = join(folder, STATE);
      const own = await this.#machine.exportSnapshot(snapshot, file);
      const obstacle = obstacleIn(own, this.#machine);
      if (obstacle !== null) throw checkpointNotKept(name, obstacle);
      const beside = join(folder, NOTE);
      const note = { name, scope: [...this.#scope], generation, body: sha256(body), paused, own };
      await writeFile(beside, encodeNote(note));
      this.#put({ key, time: snapshot.time, folder, files: { [STATE]: file, [NOTE]: beside } });
      this.#before = keyOfState(key, generation);
    } catch (error) {
      if (folder !== null) await rm(folder, { recursive: true, force: true });
      this.#tell(asProblem(error, this.#store.folder));
    }
  }

  /** One after the other, so that each shares what it can with the one before. */
  #put(put: { key: string; time: number; folder: string; files: Record<string, string> }): void {
    const { key, time, folder, files } = put;
    this.#storing = this.#storing
      .then(async () => {
        await using lease = await this.#store.hold(key);
        // Another state of it is void.
        await this.#store.remove(lease.key);
        const { engine, identity } = this.#machine;
        await this.#store.put({ key: lease.key, engine, identity, time, files });
      })
      .catch((error: unknown) => this.#tell(asProblem(error, this.#store.folder)))
      .finally(async () => await rm(folder, { recursive: true, force: true }));
  }

  /** The machine is at a state that cannot be kept, and so is what follows. */
  lose(name: string, why: string): void {
    if (this.#before !== null) this.#tell(checkpointNotKept(name, why));
    this.#before = null;
  }

  /** Names of what is in the store of these checkpoints, of any version, those that were used last at the end. */
  async stored(): Promise<string[]> {
    const names = new Set<string>();
    for (const { manifest } of await this.#store.list()) {
      if (manifest.files[NOTE] === undefined) continue;
      try {
        const note = await this.#inFolder(async (folder) => await readNote(this.#store, manifest.key, folder));
        if (JSON.stringify(note.scope) === JSON.stringify(this.#scope)) names.add(note.name);
      } catch (error) {
        asProblem(error, this.#store.folder);
      }
    }
    return [...names];
  }

  async #inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
    const folder = await this.#store.newFolder();
    try {
      return await work(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Each is told once. */
  #tell(problem: GuestwrightError): void {
    if (!this.#problems.some(({ message }) => message === problem.message)) this.#problems.push(problem);
  }

  /** Waits for what is being stored. The machine is left as it is. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#storing;
  }
}

/** @throws GuestwrightError `infrastructure/store-damaged`, `usage/snapshot-not-stored` */
async function readNote(store: SnapshotStore, key: string, folder: string): Promise<CheckpointNote> {
  const file = join(folder, NOTE);
  await store.extract(key, NOTE, file);
  const read = decodeNote(await readFile(file, 'utf8'));
  if (read.outcome === 'read') return read.note;
  await store.remove(key);
  throw storeDamaged(store.manifestPath(key), `what stands beside its state: ${read.why}`);
}

/** A snapshot of a machine is not needed any more. */
export async function forgetSnapshot(machine: Machine, snapshot: Snapshot): Promise<void> {
  await guestMachine(machine).forget(snapshot);
}

function guestMachine(machine: Machine): GuestMachine {
  if (machine instanceof GuestMachine) return machine;
  throw new GuestwrightError(`${machine.name} cannot have checkpoints`, {
    kind: 'usage',
    code: 'checkpoint-machine',
    expected: 'a machine that launch() gave',
    next: 'use the machine of the fixture `machine`',
  });
}
