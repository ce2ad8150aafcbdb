/** Saving a QEMU machine that stands, and bringing what was saved back in a process of its own. */
import type { EngineSnapshot } from '../engine.js';
import { MEMORY_BLOCK, type GuestMemory } from './command-line.js';
import type { Installation } from './installation.js';
import type { MachineMedia } from './machine-media.js';
import { fillMemory } from './memory-copy.js';
import type { MemoryImage } from './memory-image.js';
import { loadState, saveState, withOpenState, type MemoryPlan } from './migration.js';
import { memoryClosed, stateMediumMissing } from './misuse.js';
import { INHERITED, INHERITED_MEMORY, type QemuProcess } from './process.js';
import type { ImportedState, SavedState } from './saved-state.js';
import { openSharedMemory, sharedMemoryOf } from './shared-memory.js';
import { SnapshotStore } from './snapshot-store.js';
import { readTpm, writeTpm } from './tpm.js';

/** What a process begins with that goes on from a saved state. */
export interface Incoming {
  /** An open file with QEMU's own state, which the process inherits. */
  stream: number;
  memory: GuestMemory;
  /** An open file with the memory of the process before, which this one inherits; null: none. */
  kept: number | null;
}

const OWN: GuestMemory = { kind: 'own' };

export interface MachineStatesParts {
  /** Of the machine. */
  folder: string;
  identity: string;
  memoryMb: number;
  /** What this QEMU can: see {@link MachineStates}. */
  installation: Pick<Installation, 'memoryFiles' | 'sharedMemory'>;
  media: MachineMedia;
}

/**
 * The guest's memory is kept apart from the rest of QEMU's state where it can be. A machine that was booted shares it with
 * us, so that it is copied past QEMU, out and, at a revert, in: the next process takes over what the one before had its
 * memory in, so that it can be written to while QEMU starts. A machine that was started from a state maps it: there is
 * nothing to read in advance, and as many as there are share what none of them has written to; when such a machine is
 * saved its memory has to come through QEMU, which takes longer. Where QEMU can do neither, its state is one stream.
 */
export class MachineStates {
  readonly #parts: MachineStatesParts;
  readonly #snapshots: SnapshotStore;
  /** The memory of the process that was saved last could be opened from here: that of the next one can be too. */
  #shares = false;

  constructor(parts: MachineStatesParts) {
    this.#parts = parts;
    const { folder, identity } = parts;
    this.#snapshots = new SnapshotStore(folder, { identity, memoryBytes: parts.memoryMb * 2 ** 20 });
  }

  /**
   * Of a machine that stands, or is off (`null`).
   * @param known what the driver knows once QEMU has been saved
   */
  async save(
    process: QemuProcess | null,
    known: () => Omit<SavedState, 'media' | 'memory' | 'tpm'>,
  ): Promise<EngineSnapshot> {
    const { media, folder } = this.#parts;
    const frozen = await media.freeze(process?.qmp ?? null);
    const file = this.#snapshots.nextFile();
    const memory =
      process === null ? null : await saveState(process.qmp, { file, plan: await this.#plan(process), folder });
    return this.#snapshots.add({ ...known(), media: frozen, memory, tpm: await readTpm(folder) });
  }

  async #plan(process: QemuProcess): Promise<MemoryPlan> {
    const { installation, memoryMb } = this.#parts;
    const size = memoryMb * 2 ** 20;
    if (!installation.memoryFiles) return { kind: 'whole' };
    const shared = await sharedMemoryOf(process.pid);
    this.#shares = shared !== null;
    if (shared !== null) return { kind: 'shared', path: shared, size };
    return { kind: 'split', block: { name: MEMORY_BLOCK, size } };
  }

  /** Of a machine that is booted. */
  get memoryAtBoot(): GuestMemory {
    const { memoryFiles, sharedMemory } = this.#parts.installation;
    return memoryFiles && sharedMemory ? { kind: 'shared' } : OWN;
  }

  #memoryFrom({ path }: MemoryImage): GuestMemory {
    return this.#shares ? { kind: 'shared' } : { kind: 'mapped', file: path };
  }

  /** @throws GuestwrightError `usage/snapshot-unknown` */
  get(id: string): SavedState {
    return this.#snapshots.get(id);
  }

  /** @throws GuestwrightError `usage/state-medium-missing` */
  assertMediaOf(state: SavedState): void {
    const missing = this.#parts.media.missing(state.media);
    if (missing.length > 0) throw stateMediumMissing(missing);
  }

  /**
   * The media go back, and QEMU stands where it was saved; of a machine that was off there is none.
   * @param checked the guest is not to go on before: see {@link ImportedState}
   * @param before the machine's process, which is ended
   * @param begin starts the process
   */
  async bringBack(
    { media, memory, tpm }: SavedState,
    { checked, before }: { checked: Promise<void>; before: QemuProcess | null },
    begin: (incoming: Incoming) => Promise<QemuProcess>,
  ): Promise<void> {
    const image = memory?.image ?? null;
    const kept = before === null || image === null ? null : await openSharedMemory(before.pid);
    try {
      await before?.kill();
      await this.#parts.media.revert(media);
      // A machine that runs has it in QEMU's own state, with all that a TPM forgets without power.
      await writeTpm(this.#parts.folder, tpm);
      if (memory !== null) {
        const { stream, leftOut } = memory;
        await withOpenState(stream.path, async (file) => {
          const process =
            image !== null && kept !== null
              ? await this.#beginWithin(kept.fd, image, file, begin)
              : await this.#beginAfresh(image, file, begin);
          await loadState(process.qmp, INHERITED, leftOut).catch(async (error: unknown) => {
            // Why a state that is damaged cannot be loaded is that it is damaged.
            await checked;
            throw error;
          });
        });
      }
      await checked;
    } finally {
      await kept?.close();
    }
  }

  async #beginAfresh(
    image: MemoryImage | null,
    stream: number,
    begin: (incoming: Incoming) => Promise<QemuProcess>,
  ): Promise<QemuProcess> {
    const process = await begin({ stream, memory: image === null ? OWN : this.#memoryFrom(image), kept: null });
    if (this.#shares && image !== null) await fillMemory(await this.#sharedOf(process), image, 'zeros');
    return process;
  }

  /** QEMU leaves memory alone until it has loaded its state: it is written to meanwhile. */
  async #beginWithin(
    kept: number,
    image: MemoryImage,
    stream: number,
    begin: (incoming: Incoming) => Promise<QemuProcess>,
  ): Promise<QemuProcess> {
    const filled = fillMemory(`/proc/self/fd/${kept}`, image, 'anything');
    const begun = begin({ stream, memory: { kind: 'kept', descriptor: INHERITED_MEMORY }, kept });
    // The file is open until both are done with it.
    const [process, copied] = await Promise.allSettled([begun, filled]);
    if (process.status === 'rejected') throw process.reason;
    if (copied.status === 'rejected') throw copied.reason;
    return process.value;
  }

  async #sharedOf({ pid }: QemuProcess): Promise<string> {
    const path = await sharedMemoryOf(pid);
    if (path === null) throw memoryClosed();
    return path;
  }

  async forget(id: string): Promise<void> {
    await this.#snapshots.forget(id);
    await this.collect();
  }

  /** Removes files of the media that neither the machine nor a snapshot needs any more. */
  async collect(): Promise<void> {
    await this.#parts.media.collect(this.#snapshots.media);
  }

  async export(id: string, file: string): Promise<void> {
    await this.#snapshots.export(id, file);
  }

  /** @throws GuestwrightError `usage/state-invalid`, `usage/state-of-another-machine` */
  async import(file: string): Promise<ImportedState> {
    return await this.#snapshots.import(file);
  }

  /** An imported state, once it is checked. */
  add(state: SavedState): EngineSnapshot {
    return this.#snapshots.add(state);
  }
}
