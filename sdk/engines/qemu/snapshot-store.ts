/** The snapshots of one machine, and the files that are theirs. */
import { copyFile, link, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineSnapshot } from '../engine.js';
import type { FrozenMedia } from './machine-media.js';
import { unknownSnapshot } from './misuse.js';
import { dataBytes } from './memory-image.js';
import { exportState, importState, type ImportedState, type SavedState } from './saved-state.js';

export class SnapshotStore {
  readonly #folder: string;
  readonly #machine: { identity: string; memoryBytes: number };
  /** By id. */
  readonly #saved = new Map<string, SavedState>();
  #files = 0;

  /** @param folder of the machine */
  constructor(folder: string, machine: { identity: string; memoryBytes: number }) {
    this.#folder = folder;
    this.#machine = machine;
  }

  /** A file for QEMU's own state. */
  nextFile(): string {
    return join(this.#folder, `state${this.#files++}`);
  }

  add(state: SavedState): EngineSnapshot {
    const id = `qemu-${this.#files++}`;
    this.#saved.set(id, state);
    const { memory } = state;
    const inImage = memory?.image == null ? 0 : dataBytes(memory.image);
    return { id, time: state.time, bytes: (memory?.stream.size ?? 0) + inImage };
  }

  /** @throws GuestwrightError `usage/snapshot-unknown` */
  get(id: string): SavedState {
    const state = this.#saved.get(id);
    if (state === undefined) throw unknownSnapshot(id);
    return state;
  }

  get media(): FrozenMedia[] {
    return [...this.#saved.values()].map(({ media }) => media);
  }

  async forget(id: string): Promise<void> {
    const state = this.#saved.get(id);
    this.#saved.delete(id);
    if (state?.memory == null) return;
    // The disks of an imported state lie in the same file, and the machine may stand on them: it goes with the machine.
    const disks = new Set([...state.media.layers.values()].flat().map(({ path }) => path));
    for (const file of [state.memory.stream, state.memory.image]) {
      if (file !== null && !disks.has(file.path)) await rm(file.path, { force: true });
    }
  }

  async export(id: string, file: string): Promise<void> {
    await exportState(this.get(id), this.#machine.identity, file);
  }

  /**
   * The file is linked into the machine's folder: it may be removed or replaced then, but not be written to. A copy would
   * cost more than all the rest of a launch, and machines that start from one state would no longer share its memory.
   * @throws GuestwrightError `usage/state-invalid`, `usage/state-of-another-machine`
   */
  async import(file: string): Promise<ImportedState> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const own = join(this.#folder, `import${this.#files++}`);
    const streamFile = `${own}.stream`;
    await link(file, own).catch(async () => await copyFile(file, own));
    try {
      return await importState({ path: own, name: file, streamFile }, this.#machine);
    } catch (error) {
      await Promise.all([own, streamFile].map(async (path) => await rm(path, { force: true })));
      throw error;
    }
  }
}
