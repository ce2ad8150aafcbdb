/**
 * The store of snapshots: content-addressed, so that snapshots of one machine share what did not change; safe under
 * several processes at once, and against being killed at any moment.
 *
 *     packs/<name>.pack     chunks (`pack.ts`); never changed, only removed
 *     snapshots/<key>.json  manifests (`manifest.ts`); the time of change is that of the last use
 *     names/<name>          a key
 *     leases/               who uses what (`leases.ts`)
 *     new/                  what is being written, by process
 *     lock                  held while packs and manifests come and go, for milliseconds
 *
 * Everything is written in `new/` and then renamed. A manifest comes after its packs, and goes before them: whatever moment a
 * process is killed at, what can be found is whole. What is read is checked against its name, so that what the disk has damaged
 * is told, and never given out.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GuestTime } from '../engines/engine.js';
import { exclusively } from '../lock.js';
import { cacheFolder, exists, isMissing, readIfThere } from '../images/files.js';
import { JobThread } from '../job-thread.js';
import { isFull, snapshotNotStored, storeDamaged, storeFull } from './failures.js';
import { namesIn, takeLease, type Lease } from './leases.js';
import { decodeManifest, encodeManifest, MANIFEST_VERSION, nameFile, nameOfFile, type Manifest } from './manifest.js';
import type { Packed } from './pack-files.js';
import type { StoreAnswer, StoreJob } from './pack.thread.js';

export interface NewSnapshot {
  /** 64 hex digits that name what this is a snapshot of. What is there under it already is kept. */
  key: string;
  engine: string;
  /** See `EngineMachine.identity`: chunks are shared with snapshots of the same. */
  identity: string;
  time: GuestTime;
  parent?: string | null;
  /** Paths by name. They must not change meanwhile. */
  files: Record<string, string>;
}

/** What a `put` has done. */
export type Put =
  | { outcome: 'there-already' }
  /** Bytes: of all files, and of the pack that was added for them. */
  | { outcome: 'put'; bytes: number; added: number };

/** How often a put is tried again when packs that it builds on are removed meanwhile. */
const TRIES = 5;

const thread = new JobThread<StoreJob, StoreAnswer>(new URL('./pack.thread.js', import.meta.url));

export class SnapshotStore {
  readonly folder: string;

  /** @param folder default: `GUESTWRIGHT_STORE`, else `store` in the cache folder */
  constructor(folder: string = process.env['GUESTWRIGHT_STORE'] ?? join(cacheFolder(), 'store')) {
    this.folder = folder;
  }

  packPath(name: string): string {
    return join(this.folder, 'packs', `${name}.pack`);
  }

  manifestPath(key: string): string {
    return join(this.folder, 'snapshots', `${key}.json`);
  }

  get leaseFolder(): string {
    return join(this.folder, 'leases');
  }

  /** For what is being written: by the process, so that what one that was killed has left can be told. */
  async newFolder(): Promise<string> {
    const folder = join(this.folder, 'new', `${process.pid}-${randomUUID()}`);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return folder;
  }

  /** Packs, manifests and names come and go only here, one process at a time. `work` is short. */
  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    return await exclusively(join(this.folder, 'lock'), work);
  }

  /**
   * Puts files into the store.
   * @throws GuestwrightError `infrastructure/store-full`; nothing of it is kept then
   */
  async put(snapshot: NewSnapshot): Promise<Put> {
    try {
      for (let tries = 1; ; tries++) {
        if (await this.has(snapshot.key)) return { outcome: 'there-already' };
        const done = await this.#put(snapshot);
        if (done !== null) return done;
        if (tries === TRIES) throw new Error('packs were removed again and again while a snapshot was put');
      }
    } catch (error) {
      throw isFull(error) ? storeFull(this.folder, error.message) : error;
    }
  }

  /** Null: packs that it builds on have been removed meanwhile. */
  async #put(snapshot: NewSnapshot): Promise<Put | null> {
    const near = await this.#packsOf(snapshot.identity);
    const folder = await this.newFolder();
    try {
      const packed = await this.#pack({ kind: 'pack', files: snapshot.files, near, folder, name: 'pack' });
      const fresh = join(folder, 'pack');
      const added = packed.pack === null ? 0 : (await stat(fresh)).size;
      const manifest = manifestOf(snapshot, packed, this.#nameOf);
      const beside = join(folder, 'manifest');
      await writeFile(beside, encodeManifest(manifest));
      await mkdir(join(this.folder, 'packs'), { recursive: true });
      await mkdir(join(this.folder, 'snapshots'), { recursive: true });
      return await this.exclusively(async () => {
        const there = await Promise.all(packed.used.map(exists));
        if (there.includes(false)) return null;
        if (packed.pack !== null) await rename(fresh, this.packPath(packed.pack));
        await rename(beside, this.manifestPath(snapshot.key));
        const bytes = Object.values(packed.files).reduce((sum, { size }) => sum + size, 0);
        return { outcome: 'put' as const, bytes, added };
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  readonly #nameOf = (path: string): string => /([0-9a-f]{64})\.pack$/.exec(path)?.[1] ?? '';

  async #pack(job: StoreJob): Promise<Packed> {
    const answer = await this.#run(job);
    if (answer.outcome !== 'packed') throw new Error('a packing thread that unpacks');
    return answer.packed;
  }

  /** @throws GuestwrightError `infrastructure/store-damaged`; the errors of the file system */
  async #run(job: StoreJob): Promise<Extract<StoreAnswer, { outcome: 'packed' | 'unpacked' }>> {
    const answer = await thread.run(job);
    switch (answer.outcome) {
      case 'packed':
      case 'unpacked':
        return answer;
      case 'damaged':
        throw storeDamaged(answer.path, answer.what);
      case 'failed':
        throw Object.assign(new Error(answer.message), answer.code === null ? {} : { code: answer.code });
    }
  }

  /** Packs of snapshots of the same machine. */
  async #packsOf(identity: string): Promise<string[]> {
    const packs = new Set<string>();
    for (const { manifest } of await this.list()) {
      if (manifest.identity === identity) for (const name of manifest.packs) packs.add(this.packPath(name));
    }
    return [...packs];
  }

  async has(key: string): Promise<boolean> {
    return await exists(this.manifestPath(key));
  }

  /** A manifest that is damaged is taken out of the store. Null: there is none. @throws GuestwrightError `infrastructure/store-damaged` */
  async read(key: string): Promise<Manifest | null> {
    const path = this.manifestPath(key);
    const text = await readIfThere(path);
    if (text === null) return null;
    const read = decodeManifest(text);
    if (read.outcome === 'read' && read.manifest.key === key) return read.manifest;
    await this.exclusively(async () => await rm(path, { force: true }));
    throw storeDamaged(path, read.outcome === 'damaged' ? read.what : 'it is the manifest of another snapshot');
  }

  /** All snapshots whose manifests are whole, those that were used last at the end. */
  async list(): Promise<{ manifest: Manifest; used: Date }[]> {
    const found: { manifest: Manifest; used: Date }[] = [];
    for (const name of await namesIn(join(this.folder, 'snapshots'))) {
      const path = join(this.folder, 'snapshots', name);
      const text = await readIfThere(path);
      const read = text === null ? null : decodeManifest(text);
      const times = await stat(path).catch(() => null);
      if (read?.outcome === 'read' && times !== null) found.push({ manifest: read.manifest, used: times.mtime });
    }
    return found.sort((a, b) => a.used.getTime() - b.used.getTime());
  }

  /**
   * Puts one file of a snapshot together again, checked, and notes that it was used.
   * @param path where there is nothing yet; on errors nothing is left there
   * @throws GuestwrightError `usage/snapshot-not-stored`; `infrastructure/store-damaged`, and then what is damaged is taken
   * out of the store with all that needs it
   */
  async extract(key: string, file: string, path: string): Promise<void> {
    const manifest = await this.read(key);
    const content = manifest?.files[file];
    if (manifest === null || content === undefined) throw snapshotNotStored(key);
    const packs = manifest.packs.map((name) => this.packPath(name));
    try {
      await this.#run({ kind: 'unpack', file: content, packs, path });
    } catch (error) {
      const gone = await this.#lost(packs);
      if (gone.length > 0 || isDamage(error)) await this.#discard(manifest, error);
      // Evicted between the manifest and its packs: as if it had not been there.
      if (gone.length > 0 && !(await this.has(key))) throw snapshotNotStored(key);
      throw error;
    }
    await this.touch(key);
  }

  async #lost(packs: readonly string[]): Promise<string[]> {
    const there = await Promise.all(packs.map(exists));
    return packs.filter((_, i) => there[i] === false);
  }

  /** Takes out what is damaged: later snapshots would build on it otherwise. */
  async #discard(manifest: Manifest, error: unknown): Promise<void> {
    const bad = manifest.packs.filter((name) => error instanceof Error && error.message.includes(name));
    await this.exclusively(async () => {
      for (const { manifest: other } of await this.list()) {
        if (other.key === manifest.key || other.packs.some((name) => bad.includes(name))) {
          await rm(this.manifestPath(other.key), { force: true });
        }
      }
      for (const name of bad) await rm(this.packPath(name), { force: true });
    });
  }

  /** Notes a use: what was not used for longest is evicted first. */
  async touch(key: string): Promise<void> {
    const now = new Date();
    await utimes(this.manifestPath(key), now, now).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
  }

  /** Takes a snapshot out. What others share with it stays. */
  async remove(key: string): Promise<void> {
    await this.exclusively(async () => await rm(this.manifestPath(key), { force: true }));
  }

  /** While this is held the snapshot is not evicted. */
  async hold(key: string): Promise<Lease> {
    return await takeLease(this.leaseFolder, key);
  }

  /** @throws GuestwrightError `usage/snapshot-not-stored` */
  async name(name: string, key: string): Promise<void> {
    if (!(await this.has(key))) throw snapshotNotStored(key);
    const folder = await this.newFolder();
    try {
      const beside = join(folder, 'name');
      await writeFile(beside, key);
      await mkdir(join(this.folder, 'names'), { recursive: true });
      await rename(beside, join(this.folder, 'names', nameFile(name)));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async removeName(name: string): Promise<void> {
    await rm(join(this.folder, 'names', nameFile(name)), { force: true });
  }

  /** Key by name, of all that are there. */
  async names(): Promise<Map<string, string>> {
    const names = new Map<string, string>();
    for (const file of await namesIn(join(this.folder, 'names'))) {
      const key = await readIfThere(join(this.folder, 'names', file));
      if (key !== null && (await this.has(key))) names.set(nameOfFile(file), key);
    }
    return names;
  }

  /** The key that a name, a key or the beginning of just one key stands for. @throws GuestwrightError `usage/snapshot-not-stored` */
  async find(name: string): Promise<string> {
    const named = (await this.names()).get(name);
    if (named !== undefined) return named;
    const keys = /^[0-9a-f]{4,64}$/.test(name) ? (await this.list()).map(({ manifest }) => manifest.key) : [];
    const [key, another] = keys.filter((one) => one.startsWith(name));
    if (key === undefined || another !== undefined) throw snapshotNotStored(name);
    return key;
  }
}

function isDamage(error: unknown): boolean {
  return error instanceof Error && 'failure' in error && (error.failure as { code?: string }).code === 'store-damaged';
}

function manifestOf(snapshot: NewSnapshot, packed: Packed, nameOf: (path: string) => string): Manifest {
  const packs = [...packed.used.map(nameOf), ...(packed.pack === null ? [] : [packed.pack])];
  return {
    version: MANIFEST_VERSION,
    key: snapshot.key,
    engine: snapshot.engine,
    identity: snapshot.identity,
    time: snapshot.time,
    created: new Date().toISOString(),
    parent: snapshot.parent ?? null,
    files: packed.files,
    packs,
  };
}
