/** Keeping the store small and whole. */
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { processExists } from '../lock.js';
import { readIfThere } from '../images/files.js';
import { chunksOf } from './chunked-file.js';
import { keysInUse, namesIn } from './leases.js';
import { decodeManifest, nameOfFile, type Manifest } from './manifest.js';
import { PackDamaged, PackReader } from './pack.js';
import { OpenPacks } from './pack-files.js';
import type { SnapshotStore } from './store.js';
import { decodeTimeline } from './timeline.js';
import { listTimelines, type TimelineFile } from './timeline-files.js';

export interface StoreStats {
  snapshots: number;
  packs: number;
  /** Bytes on the disk. */
  bytes: number;
  /** Bytes of all files in it, as they were put. */
  content: number;
  /** Bytes of packs that no snapshot needs: `gc` removes them. */
  unused: number;
  inUse: number;
  /** Of memoised machines, and the bytes of their files. */
  timelines: number;
  timelineBytes: number;
}

export async function storeStats(store: SnapshotStore): Promise<StoreStats> {
  const all = await store.list();
  const sizes = await packSizes(store);
  const timelines = await listTimelines(store);
  const needed = new Set(all.flatMap(({ manifest }) => manifest.packs));
  const sum = (names: Iterable<string>): number =>
    [...names].reduce((total, name) => total + (sizes.get(name) ?? 0), 0);
  return {
    snapshots: all.length,
    packs: sizes.size,
    bytes: sum(sizes.keys()),
    content: all.reduce((total, { manifest }) => total + contentBytes(manifest), 0),
    unused: sum([...sizes.keys()].filter((name) => !needed.has(name))),
    inUse: (await keysInUse(store.leaseFolder)).size,
    timelines: timelines.length,
    timelineBytes: sumOf(timelines),
  };
}

export function contentBytes({ files }: Manifest): number {
  return Object.values(files).reduce((sum, { size }) => sum + size, 0);
}

async function packSizes(store: SnapshotStore): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (const file of await namesIn(join(store.folder, 'packs'))) {
    const name = file.replace(/\.pack$/, '');
    const found = await stat(store.packPath(name)).catch(() => null);
    if (found !== null) sizes.set(name, found.size);
  }
  return sizes;
}

export interface Collected {
  /** Snapshots that were evicted, and how many timelines. */
  evicted: Manifest[];
  timelines: number;
  /** Bytes that are free now, and that the store still has. */
  freed: number;
  bytes: number;
  /** What cannot be evicted is larger than the limit. */
  overLimit: boolean;
}

/**
 * Removes what no snapshot needs and, where a limit is given, snapshots and timelines: those first that were not used for
 * longest, and never a snapshot that is in use or has a name. (Who uses a timeline has read it.)
 * @param limit bytes
 */
export async function collectGarbage(store: SnapshotStore, limit = Infinity): Promise<Collected> {
  return await store.exclusively(async () => {
    await removeAbandoned(store);
    const before = await packSizes(store);
    const kept = new Set([...(await keysInUse(store.leaseFolder)), ...(await store.names()).values()]);
    const all = await store.list();
    const used = new Map(all.map(({ manifest, used }) => [manifest, used]));
    let left = all.map(({ manifest }) => manifest);
    const timelines = await listTimelines(store);
    let timelineBytes = sumOf(timelines);
    const bytesBefore = timelineBytes;
    let gone = 0;
    const bytesOf = (manifests: readonly Manifest[]): number => {
      const needed = new Set(manifests.flatMap(({ packs }) => packs));
      return [...needed].reduce((sum, name) => sum + (before.get(name) ?? 0), 0);
    };
    const evicted: Manifest[] = [];
    const dropTimelines = async (before: Date | null): Promise<void> => {
      for (let oldest = timelines[gone]; oldest !== undefined; oldest = timelines[gone]) {
        if (bytesOf(left) + timelineBytes <= limit || (before !== null && oldest.used > before)) return;
        await rm(oldest.path, { force: true });
        timelineBytes -= oldest.bytes;
        gone++;
      }
    };
    for (const manifest of left) {
      await dropTimelines(used.get(manifest) ?? null);
      if (bytesOf(left) + timelineBytes <= limit) break;
      if (kept.has(manifest.key)) continue;
      // Before its packs: what can be found is whole.
      await rm(store.manifestPath(manifest.key), { force: true });
      left = left.filter((one) => one !== manifest);
      evicted.push(manifest);
    }
    await dropTimelines(null);
    await removeDamagedManifests(store);
    const needed = new Set(left.flatMap(({ packs }) => packs));
    for (const name of before.keys()) if (!needed.has(name)) await rm(store.packPath(name), { force: true });
    await removeEmptyNames(store);
    const bytes = bytesOf(left) + timelineBytes;
    const total = [...before.values()].reduce((sum, size) => sum + size, 0) + bytesBefore;
    return { evicted, timelines: gone, freed: total - bytes, bytes, overLimit: bytes > limit };
  });
}

/** Bytes on the disk: cheap to know. */
export async function storeBytes(store: SnapshotStore): Promise<number> {
  const packs = [...(await packSizes(store)).values()];
  return packs.reduce((sum, size) => sum + size, 0) + sumOf(await listTimelines(store));
}

function sumOf(files: readonly TimelineFile[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** What processes that were killed have left. */
async function removeAbandoned(store: SnapshotStore): Promise<void> {
  const folder = join(store.folder, 'new');
  for (const name of await namesIn(folder)) {
    const pid = Number(name.split('-')[0]);
    if (!Number.isInteger(pid) || pid <= 0 || !processExists(pid)) {
      await rm(join(folder, name), { recursive: true, force: true });
    }
  }
}

async function removeDamagedManifests(store: SnapshotStore): Promise<void> {
  const folder = join(store.folder, 'snapshots');
  for (const name of await namesIn(folder)) {
    const text = await readIfThere(join(folder, name));
    if (text !== null && decodeManifest(text).outcome === 'damaged') await rm(join(folder, name), { force: true });
  }
}

async function removeEmptyNames(store: SnapshotStore): Promise<void> {
  const names = await store.names();
  const folder = join(store.folder, 'names');
  for (const file of await namesIn(folder)) {
    if (!names.has(nameOfFile(file))) await rm(join(folder, file), { force: true });
  }
}

/** Something in the store that is not as it was put. */
export interface Damage {
  path: string;
  what: string;
  /** Snapshots that cannot be used because of it. */
  keys: string[];
}

/** Reads all that is in the store. It is not changed. @param note called with how many of all packs are read */
export async function verifyStore(store: SnapshotStore, note?: (done: number, all: number) => void): Promise<Damage[]> {
  const damages: Damage[] = [];
  const folder = join(store.folder, 'snapshots');
  for (const name of await namesIn(folder)) {
    const text = await readIfThere(join(folder, name));
    const read = text === null ? null : decodeManifest(text);
    if (read?.outcome === 'damaged')
      damages.push({ path: join(folder, name), what: read.what, keys: [name.replace('.json', '')] });
  }
  const all = (await store.list()).map(({ manifest }) => manifest);
  const users = (pack: string): string[] => all.filter(({ packs }) => packs.includes(pack)).map(({ key }) => key);
  const packs = [...(await packSizes(store)).keys()];
  for (const [i, pack] of packs.entries()) {
    const what = damageOf(store.packPath(pack), pack);
    if (what !== null) damages.push({ path: store.packPath(pack), what, keys: users(pack) });
    note?.(i + 1, packs.length);
  }
  for (const { path } of await listTimelines(store)) {
    const bytes = await readFile(path).catch(() => null);
    if (bytes !== null && decodeTimeline(bytes) === null) {
      damages.push({ path, what: 'it is no whole timeline', keys: [] });
    }
  }
  const broken = new Set(damages.flatMap(({ keys }) => keys));
  for (const manifest of all) {
    if (broken.has(manifest.key)) continue;
    const what = missingIn(store, manifest);
    if (what !== null) damages.push({ path: store.manifestPath(manifest.key), what, keys: [manifest.key] });
  }
  return damages;
}

function damageOf(path: string, name: string): string | null {
  try {
    const pack = new PackReader(path);
    try {
      if (pack.name !== name) return 'it is another pack than its name says';
      for (const chunk of pack.names()) pack.read(chunk);
      return null;
    } finally {
      pack.close();
    }
  } catch (error) {
    if (error instanceof PackDamaged) return error.what;
    throw error;
  }
}

/** Whether every chunk of a snapshot is there, in packs that are whole. */
function missingIn(store: SnapshotStore, { files, packs }: Manifest): string | null {
  try {
    const open = new OpenPacks(packs.map((name) => store.packPath(name)));
    try {
      for (const file of Object.values(files))
        for (const name of chunksOf(file, (chunk) => open.read(chunk))) open.read(name);
      return null;
    } finally {
      open.close();
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Takes what `verifyStore` found out of the store, with the snapshots that need it. */
export async function removeDamage(store: SnapshotStore, damages: readonly Damage[]): Promise<void> {
  await store.exclusively(async () => {
    for (const { path, keys } of damages) {
      for (const key of keys) await rm(store.manifestPath(key), { force: true });
      await rm(path, { force: true });
    }
  });
}
