/** What the tests of VHDs are made with: small images in memory, seeded chance, and storages that stop. */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { GuestwrightError } from '../../errors.js';
import { BytesStorage, type Storage } from '../storage.js';
import { createVhd, type CreateOptions } from './create.js';
import { openVhd, type OpenOptions, type VhdDisk } from './disk.js';
import { FOOTER_BYTES, SECTOR } from './format.js';

export const CREATED = new Date(Date.UTC(2007, 5, 1));
export const IDS = ['a', 'b', 'c', 'd'].map((digit) => `${digit.repeat(8)}-0000-4000-8000-000000000000`);

export class Chance {
  readonly #generator;

  constructor(seed: number) {
    this.#generator = xoroshiro128plus(seed);
  }

  /** From 0, less than `end`. */
  below(end: number): number {
    return end <= 1 ? 0 : uniformInt(this.#generator, 0, end - 1);
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  }

  /** Sometimes zeros. */
  bytes(length: number): Uint8Array {
    return this.below(5) === 0 ? new Uint8Array(length) : new Uint8Array(length).fill(1 + this.below(255));
  }
}

export function image(options: Partial<CreateOptions> & Pick<CreateOptions, 'type'>): BytesStorage {
  const storage = new BytesStorage();
  createVhd(storage, { size: 20 * 4096 + 3 * SECTOR, blockSize: 4096, id: IDS[0] ?? '', created: CREATED, ...options });
  return storage;
}

/** A child with nothing in it. */
export function childOf(parent: VhdDisk, id: string, blockSize = 4096): BytesStorage {
  const { size, created, modified } = parent;
  const from = { id: parent.id, size, created, modified, path: 'parent.vhd' };
  return image({ type: 'differencing', blockSize, size, id, parent: from });
}

export function writable(storage: Storage, options: OpenOptions = {}): VhdDisk {
  return openVhd(storage, { writable: true, ...options });
}

/** All of it. */
export function contents(disk: VhdDisk): Uint8Array {
  return disk.read(0, disk.size);
}

/** A piece of a disk, as often as not in whole sectors. */
export function piece(chance: Chance, size: number, most: number): { offset: number; length: number } {
  const length = 1 + chance.below(Math.min(most, size));
  const offset = chance.below(size - length + 1);
  if (chance.below(2) === 0) return { offset, length };
  const start = Math.floor(offset / SECTOR) * SECTOR;
  return { offset: start, length: Math.min(size - start, Math.ceil(length / SECTOR) * SECTOR) };
}

/** Vitest's own comparison takes long where there are many bytes. */
export function expectSame(seen: Uint8Array, wanted: Uint8Array): void {
  if (Buffer.compare(seen, wanted) === 0) return;
  const at = wanted.findIndex((byte, index) => byte !== seen[index]);
  throw new Error(`${seen.length} bytes, wanted ${wanted.length}; byte ${at} is ${seen[at]}, wanted ${wanted[at]}`);
}

/** The code of what a function throws; null: it throws nothing. Other errors than ours are thrown on. */
export function codeOf(work: () => unknown): string | null {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof GuestwrightError) return `${error.kind}/${error.code}`;
    throw error;
  }
}

export type Step =
  { kind: 'write'; offset: number; bytes: Uint8Array } | { kind: 'truncate'; size: number } | { kind: 'flush' };

/** Remembers what was done to it, so that what a kill leaves can be made from any number of steps. */
export class RecordedStorage extends BytesStorage {
  readonly steps: Step[] = [];

  override write(offset: number, bytes: Uint8Array): void {
    this.steps.push({ kind: 'write', offset, bytes: bytes.slice() });
    super.write(offset, bytes);
  }

  override truncate(size: number): void {
    // What grows by writing is truncated too.
    if (size < this.size()) this.steps.push({ kind: 'truncate', size });
    super.truncate(size);
  }

  override flush(): void {
    this.steps.push({ kind: 'flush' });
  }
}

/** What a kill leaves: all steps, the last write cut within. */
export function afterKill(before: Uint8Array, steps: readonly Step[], sectorsOfLast: number): BytesStorage {
  const storage = new BytesStorage(before.slice());
  steps.forEach((step, number) => {
    const cut = number === steps.length - 1 ? sectorsOfLast * SECTOR : Infinity;
    if (step.kind === 'write') storage.write(step.offset, step.bytes.subarray(0, cut));
    if (step.kind === 'truncate') storage.truncate(step.size);
  });
  return storage;
}

/** What a power cut leaves: of what was written after the last flush any sectors, in any order. */
export function afterPowerCut(before: Uint8Array, steps: readonly Step[], chance: Chance): BytesStorage {
  const storage = new BytesStorage(before.slice());
  const safe = steps.findLastIndex(({ kind }) => kind === 'flush');
  steps.forEach((step, number) => {
    if (step.kind === 'truncate' && (number < safe || chance.below(2) === 0)) storage.truncate(step.size);
    if (step.kind !== 'write') return;
    for (let at = 0; at < step.bytes.length;) {
      const end = Math.min(step.bytes.length, at + SECTOR - ((step.offset + at) % SECTOR));
      if (number < safe || chance.below(2) === 0) storage.write(step.offset + at, step.bytes.subarray(at, end));
      at = end;
    }
  });
  return storage;
}

/** Overwrites the footer at the end. */
export function spoilFooter(storage: BytesStorage): void {
  storage.write(storage.size() - FOOTER_BYTES, new Uint8Array(FOOTER_BYTES));
}
