/**
 * A fuzzer of the VHD reader and writer: valid images with some of their bytes changed, half of the time with right checksums
 * again. Each case is made from its seed alone. What is thrown is to be an error of ours, nothing is read or written outside,
 * no more than the file justifies, and what was written is read again with all else as it was.
 */
import type { Found } from '../../fuzzer.test.helper.js';
import { BytesStorage, type Storage } from '../storage.js';
import type * as Vhd from './index.js';
import { SECTOR, sealFooter, sealHeader, viewOf } from './format.js';
import type { VhdParent } from './parent.js';
import { Chance, childOf, IDS, image, writable } from './vhd.test.helper.js';

/** What is tried: the module as it is, or a copy with bugs. */
export type Api = Pick<
  typeof Vhd,
  'readVhd' | 'openVhd' | 'checkVhd' | 'repairVhd' | 'repairOf' | 'resizeVhd' | 'compactVhd'
>;

/** Milliseconds that one case may take, on a busy computer too. */
const MOST_TIME = 5000;
const MOST_READS = 20_000;
const MOST_READ_BYTES = 64 << 20;
/** What a file may become longer by: some blocks of the largest size. */
const MOST_GROWTH = 8 * (65 << 20);
const PAGE = 4096;

/** What is written is in pages, so that neither the image nor a block of 64 MB is copied; counts what is done. */
class GuardedStorage implements Storage {
  readonly name = 'fuzzed';
  readonly #pages = new Map<number, Uint8Array>();
  readonly #most: number;
  readonly #base: Uint8Array;
  /** Bytes of the base that are still there. */
  #kept: number;
  #size: number;
  #reads = 0;
  #readBytes = 0;

  constructor(bytes: Uint8Array) {
    this.#most = bytes.length + MOST_GROWTH;
    this.#base = bytes;
    this.#kept = bytes.length;
    this.#size = bytes.length;
  }

  size(): number {
    return this.#size;
  }

  read(offset: number, length: number): Uint8Array {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.#size)) {
      throw new RangeError(`read ${length} at ${offset} of ${this.#size}`);
    }
    this.#reads++;
    this.#readBytes += length;
    if (this.#reads > MOST_READS || this.#readBytes > MOST_READ_BYTES) {
      throw new RangeError(`${this.#reads} reads of ${this.#readBytes} bytes`);
    }
    const bytes = new Uint8Array(length);
    this.#eachPage(offset, length, (page, from, at, size) => {
      const known = this.#pages.get(page);
      if (known !== undefined) bytes.set(known.subarray(from, from + size), at);
      else if (page * PAGE + from < this.#kept) {
        bytes.set(this.#base.subarray(page * PAGE + from, Math.min(this.#kept, page * PAGE + from + size)), at);
      }
    });
    return bytes;
  }

  write(offset: number, bytes: Uint8Array): void {
    if (!(offset >= 0 && offset + bytes.length <= this.#most)) throw new RangeError(`wrote at ${offset}`);
    this.#size = Math.max(this.#size, offset + bytes.length);
    this.#eachPage(offset, bytes.length, (page, from, at, size) => {
      const known = this.#pages.get(page) ?? this.#baseOf(page);
      known.set(bytes.subarray(at, at + size), from);
      this.#pages.set(page, known);
    });
  }

  #baseOf(page: number): Uint8Array {
    const bytes = new Uint8Array(PAGE);
    const start = page * PAGE;
    if (start < this.#kept) bytes.set(this.#base.subarray(start, Math.min(this.#kept, start + PAGE)));
    return bytes;
  }

  #eachPage(offset: number, length: number, work: (page: number, from: number, at: number, size: number) => void) {
    for (let at = 0; at < length;) {
      const page = Math.floor((offset + at) / PAGE);
      const from = offset + at - page * PAGE;
      const size = Math.min(PAGE - from, length - at);
      work(page, from, at, size);
      at += size;
    }
  }

  truncate(size: number): void {
    if (size > this.#size) throw new RangeError(`made longer by truncating, to ${size}`);
    this.#size = size;
    this.#kept = Math.min(this.#kept, size);
    for (const [page, bytes] of this.#pages) {
      if (page * PAGE >= size) this.#pages.delete(page);
      else if ((page + 1) * PAGE > size) bytes.fill(0, size - page * PAGE);
    }
  }

  flush(): void {
    // There is nothing behind it.
  }

  close(): void {
    // Nor anything to close.
  }
}

/** Bytes of the disks: not in whole blocks. */
const SIZE = 43 * SECTOR;

let valid: readonly Uint8Array[] | undefined;

/** Images of all kinds, with some blocks. */
function validImages(): readonly Uint8Array[] {
  if (valid !== undefined) return valid;
  const fill = (storage: BytesStorage, parent?: VhdParent) => {
    const disk = writable(storage, parent === undefined ? {} : { parent });
    for (const at of [0, 1700, 7000, 15_000, disk.size - 700]) disk.write(at, new Uint8Array(700).fill(1 + (at % 200)));
    disk.flush();
    return disk;
  };
  const dynamic = image({ type: 'dynamic', blockSize: 1024, size: SIZE });
  const parent = fill(dynamic);
  const many = image({ type: 'dynamic', blockSize: 512, size: SIZE });
  fill(many);
  const fixed = image({ type: 'fixed', size: SIZE });
  const child = childOf(parent, IDS[1] ?? '', 1024);
  fill(child, parent);
  const old = new BytesStorage(dynamic.bytes.slice(0, -1));
  return (valid = [dynamic, child, child, many, fixed, old].map(({ bytes }) => bytes));
}

/** Offset and width of the fields of a footer, and of a header. */
const FOOTER_FIELDS = [0, 12, 16, 20, 24, 28, 40, 44, 48, 52, 56, 60, 64, 68, 84];
const HEADER_FIELDS = [0, 8, 16, 20, 24, 28, 32, 36, 40, 56, 64, 576, 580, 584, 592, 596, 600, 608, 616, 620];

function mutate(chance: Chance, source: Uint8Array): Uint8Array {
  let bytes = source.slice();
  const view = viewOf(bytes);
  const end = bytes.length - (bytes.length % SECTOR === 511 ? 511 : SECTOR);
  const sparse = bytes[60 + 3] !== 0 && view.getUint32(0) === 0x636f6e65;
  const value = () =>
    chance.pick([
      0,
      1,
      0xffffffff,
      0x80000000,
      0x7fffffff,
      1 << chance.below(31),
      chance.below(200),
      Math.floor(end / SECTOR) - chance.below(12),
      end - chance.below(2000),
      bytes.length,
      chance.below(0x7fffffff),
    ]) >>> 0;
  const put = (at: number) => {
    if (at < 0 || at + 4 > bytes.length) return;
    if (chance.below(4) === 0) view.setUint8(at + chance.below(4), chance.below(256));
    else view.setUint32(at, value());
  };
  const kinds: (() => void)[] = [
    () => put(end + chance.pick(FOOTER_FIELDS)),
    () => put(chance.below(bytes.length)),
    () => {
      const field = chance.pick(FOOTER_FIELDS);
      put(end + field);
      bytes.copyWithin(field, end + field, end + field + 4);
    },
  ];
  const header = () => put(SECTOR + chance.pick(HEADER_FIELDS));
  const entry = () => put(1536 + 4 * chance.below(24));
  const entryOfOther = () => {
    view.setUint32(
      1536 + 4 * chance.below(21),
      view.getUint32(1536 + 4 * chance.below(21)) + chance.below(3) * chance.below(9),
    );
  };
  const bitmap = () => put((view.getUint32(1536 + 4 * chance.below(21)) * SECTOR) % bytes.length);
  if (sparse) kinds.push(() => put(chance.pick(FOOTER_FIELDS)), header, header, entry, entry, entryOfOther, bitmap);
  for (let i = 1 + chance.below(4); i > 0; i--) chance.pick(kinds)();
  if (chance.below(2) === 0) {
    const footer = bytes.subarray(end);
    sealFooter(footer);
    if (sparse) {
      sealFooter(bytes.subarray(0, SECTOR));
      sealHeader(bytes.subarray(SECTOR, 3 * SECTOR));
    }
  }
  if (chance.below(12) === 0) bytes = bytes.slice(0, chance.below(bytes.length));
  else if (chance.below(12) === 0)
    bytes = Uint8Array.of(...bytes, ...new Uint8Array(chance.below(3000)).fill(chance.below(3)));
  return bytes;
}

/** What any differencing disk is a child of. */
function parentFor(id: string, size: number): VhdParent {
  const read = (offset: number, length: number) => {
    if (offset < 0 || length < 0 || offset + length > size) throw new RangeError('read outside of the parent');
    return new Uint8Array(length).fill(0x99);
  };
  return { id, size, read, write: () => expectNoWrite(), flush: () => undefined };
}

function expectNoWrite(): never {
  throw new RangeError('wrote to the parent');
}

/** Bytes of a disk that are looked at. */
const LOOK = 128 << 10;

/** Pieces of a disk: all of it, where it is small. */
function windows(chance: Chance, size: number): { offset: number; length: number }[] {
  if (size <= LOOK) return [{ offset: 0, length: size }];
  const length = 8 << 10;
  return [0, size - length, chance.below(Math.min(2 ** 31, size - length))].map((offset) => ({ offset, length }));
}

class Wrong extends Error {}

/** @returns null: nothing was found */
export async function runCase(api: Api, seed: number): Promise<Found | null> {
  const began = performance.now();
  try {
    await tryAll(api, seed);
  } catch (error) {
    return { seed, what: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
  const took = performance.now() - began;
  return took > MOST_TIME ? { seed, what: `took ${took} ms` } : null;
}

async function tryAll(api: Api, seed: number): Promise<void> {
  const chance = new Chance(seed);
  const bytes = mutate(chance, chance.pick(validImages()));
  const info = orOurs(() => api.readVhd(new GuardedStorage(bytes)));
  const parent = info?.parent ? parentFor(info.parent.id, info.size) : undefined;
  const options = { acceptChangedParent: true, ...(parent !== undefined && { parent }) };
  const findings = orOurs(() => api.checkVhd(new GuardedStorage(bytes), parent)) ?? failure('the check threw');
  if (info !== null) orOurs(() => tryReading(api.openVhd(new GuardedStorage(bytes), options), chance));
  const storage = new GuardedStorage(bytes);
  const disk = orOurs(() => api.openVhd(storage, { ...options, writable: true }));
  if (disk !== null) {
    if (findings.some(({ kind }) => kind.startsWith('block-'))) failure('opened for writing, although blocks lie');
    tryWriting(disk, chance, () => api.openVhd(storage, options));
  }
  const how = chance.below(8);
  if (how === 0) tryRepair(api, bytes, chance);
  if (how === 1) tryResize(api, bytes, chance);
  if (how === 2 && disk !== null && disk.size <= LOOK) await tryCompact(api, disk, options);
}

function tryReading(disk: Vhd.VhdDisk, chance: Chance): void {
  let end = -1;
  let count = 0;
  for (const { offset, length } of disk.dataExtents()) {
    if (offset <= end || length <= 0 || offset + length > disk.size) failure('its pieces are not ascending within it');
    end = offset + length;
    if (++count > 200) break;
  }
  for (const { offset, length } of windows(chance, disk.size)) disk.read(offset, length);
}

function tryWriting(disk: Vhd.VhdDisk, chance: Chance, reopen: () => Vhd.VhdDisk): void {
  const seen = windows(chance, disk.size).map(({ offset, length }) => ({ offset, model: disk.read(offset, length) }));
  for (let i = 0; i < 3; i++) {
    const { offset, model } = chance.pick(seen);
    if (model.length === 0) return;
    const at = chance.below(model.length);
    const data = new Uint8Array(1 + chance.below(Math.min(2000, model.length - at))).fill(0xa0 + i);
    disk.write(offset + at, data);
    for (const window of seen) {
      const from = offset + at - window.offset;
      if (from < window.model.length && from + data.length > 0) {
        window.model.fill(0xa0 + i, Math.max(0, from), Math.max(0, from + data.length));
      }
    }
  }
  compare(disk, seen, 'before it was flushed');
  disk.flush();
  compare(disk, seen, 'after it was flushed');
  compare(reopen(), seen, 'opened again');
}

function compare(disk: Vhd.VhdDisk, seen: readonly { offset: number; model: Uint8Array }[], when: string): void {
  for (const { offset, model } of seen) {
    if (Buffer.compare(disk.read(offset, model.length), model) !== 0)
      failure(`has other bytes than were written, ${when}`);
  }
}

function tryRepair(api: Api, bytes: Uint8Array, chance: Chance): void {
  const storage = new GuardedStorage(bytes);
  const loseData = chance.below(2) === 0;
  const { left } = orOurs(() => api.repairVhd(storage, { loseData })) ?? failure('the repair threw');
  // With blocks that lie, where the image ends is not known.
  const lies = left.some(({ kind }) => kind.startsWith('block-'));
  const safe = left.find((finding) => api.repairOf(finding) === 'safe');
  if (!lies && safe !== undefined) failure(`a repair left ${safe.kind}`);
  if (left.length > 0) return;
  const { parent, size } = api.readVhd(storage);
  const opened = parent === null ? {} : { acceptChangedParent: true, parent: parentFor(parent.id, size) };
  tryReading(api.openVhd(storage, opened), chance);
}

function tryResize(api: Api, bytes: Uint8Array, chance: Chance): void {
  const storage = new GuardedStorage(bytes);
  const size = SECTOR * (1 + chance.below(4000));
  orOurs(() => {
    const before = api.openVhd(storage);
    const common = before.read(0, Math.min(size, before.size, LOOK));
    const grown = before.size < size;
    const from = before.size;
    api.resizeVhd(storage, size, { loseData: true });
    const after = api.openVhd(storage);
    if (after.size !== size) failure(`has ${after.size} bytes, not ${size}`);
    if (Buffer.compare(after.read(0, common.length), common) !== 0) failure('a resize changed bytes');
    if (grown && after.read(from, Math.min(LOOK, size - from)).some((byte) => byte !== 0))
      failure('what was added is no zeros');
  });
}

async function tryCompact(api: Api, disk: Vhd.VhdDisk, options: Vhd.OpenOptions): Promise<void> {
  if (disk.info.type === 'fixed') return;
  const target = new GuardedStorage(new Uint8Array());
  await api.compactVhd(disk, target);
  const compact = api.openVhd(target, options);
  if (Buffer.compare(compact.read(0, disk.size), disk.read(0, disk.size)) !== 0)
    failure('compacted it has other bytes');
}

/** @returns null: an error of ours; a copy's is of another class */
function orOurs<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (error instanceof Error && error.name === 'GuestwrightError') return null;
    throw error;
  }
}

function failure(what: string): never {
  throw new Wrong(what);
}
