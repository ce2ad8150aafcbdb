/** The snapshots of one machine, and the files that are theirs. */
import { copyFile, link, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineSnapshot } from '../engine.js';
import type { FrozenMedia } from './machine-media.js';
import { unknownSnapshot } from './misuse.js';
import { exportState, importState, type ImportedState, type SavedState } from './saved-state.js';

export class SnapshotStore {
  readonly #folder: string;
  readonly #identity: string;
  /** By id. */
  readonly #saved = new Map<string, SavedState>();
  #files = 0;

  /** @param folder of the machine */
  constructor(folder: string, identity: string) {
    this.#folder = folder;
    this.#identity = identity;
  }

  /** A file for QEMU's own state. */
  nextFile(): string {
    return join(this.#folder, `state${this.#files++}`);
  }

  add(state: SavedState): EngineSnapshot {
    const id = `qemu-${this.#files++}`;
    this.#saved.set(id, state);
    return { id, time: state.time, bytes: state.memory?.size ?? 0 };
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
    const { path } = state.memory;
    // The disks of an imported state lie in the same file, and the machine may stand on them: it goes with the machine.
    if ([...state.media.layers.values()].flat().some((layer) => layer.path === path)) return;
    await rm(path, { force: true });
  }

  async export(id: string, file: string): Promise<void> {
    await exportState(this.get(id), this.#identity, file);
  }

  /**
   * The file is linked into the machine's folder: what happens to it outside does not matter then.
   * @throws GuestwrightError `usage/state-invalid`, `usage/state-of-another-machine`
   */
  async import(file: string): Promise<ImportedState> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const own = join(this.#folder, `import${this.#files++}`);
    await link(file, own).catch(async () => await copyFile(file, own));
    try {
      return await importState(own, file, this.#identity);
    } catch (error) {
      await rm(own, { force: true });
      throw error;
    }
  }
}
