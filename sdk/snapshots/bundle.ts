/**
 * A snapshot in one file, for another store: untrusted input when it is imported.
 *
 * Layout: the 16 bytes `GUESTWRIGHT-BDL2`, the manifest, the index of timelines (each after its length, 32 bits little-endian),
 * the timelines (`timeline.ts`), and one pack with just the chunks that the snapshot needs. The timelines are those of the
 * journal that led to it, where that is known and as far as the store has them.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { exists, sha256 } from '../images/files.js';
import { chunksOf } from './chunked-file.js';
import { decodeChecked, encodeChecked } from './checked-text.js';
import { bundleInvalid, snapshotNotStored, storeDamaged } from './failures.js';
import { decodeJournal, JOURNAL_FILE } from './journal-file.js';
import { decodeManifest, encodeManifest, type Manifest } from './manifest.js';
import { PackDamaged, PackReader, PackWriter } from './pack.js';
import { OpenPacks } from './pack-files.js';
import type { SnapshotStore } from './store.js';
import { readTimeline, writeTimelines } from './timeline-files.js';
import { decodeTimeline, encodeTimeline, type Timeline } from './timeline.js';

const MAGIC = 'GUESTWRIGHT-BDL2';
/** 1 GB of guest memory and disks takes some 100 KB. */
const MAX_MANIFEST = 64 << 20;
const MAX_INDEX = 16 << 20;

const timelineIndex = z.strictObject({
  timelines: z.array(
    z.strictObject({ key: z.string().regex(/^[0-9a-f]{64}$/, 'a lower-case hex SHA-256'), bytes: z.int().positive() }),
  ),
});
type TimelineIndex = z.infer<typeof timelineIndex>['timelines'];

export interface Bundled {
  manifest: Manifest;
  /** How many are in the bundle. */
  timelines: number;
}

/**
 * @param path of a file, which is replaced when the bundle is whole
 * @throws GuestwrightError `usage/snapshot-not-stored`, `infrastructure/store-damaged`
 */
export async function exportBundle(store: SnapshotStore, key: string, path: string): Promise<Bundled> {
  await using lease = await store.hold(key);
  const manifest = await store.read(lease.key);
  if (manifest === null) throw snapshotNotStored(key);
  const folder = await store.newFolder();
  const beside = `${path}.guestwright-new`;
  try {
    const pack = join(folder, 'pack');
    const alone = { ...manifest, packs: [repack(store, manifest, pack)] };
    const timelines = await timelinesOf(store, manifest, folder);
    const index: TimelineIndex = timelines.map(({ key, file }) => ({ key, bytes: file.length }));
    const parts = [
      Buffer.from(MAGIC, 'latin1'),
      withLength(encodeManifest(alone)),
      withLength(encodeChecked(JSON.stringify({ timelines: index }))),
      ...timelines.map(({ file }) => file),
    ];
    await writeFile(beside, Buffer.concat(parts));
    await pipeline(createReadStream(pack), createWriteStream(beside, { flags: 'a' }));
    await rename(beside, path);
    return { manifest: alone, timelines: index.length };
  } finally {
    await rm(beside, { force: true });
    await rm(folder, { recursive: true, force: true });
  }
}

function withLength(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** Those of the journal that led to a snapshot, as they are in the store. */
async function timelinesOf(
  store: SnapshotStore,
  { key, files }: Manifest,
  folder: string,
): Promise<{ key: string; file: Buffer }[]> {
  if (files[JOURNAL_FILE] === undefined) return [];
  const path = join(folder, JOURNAL_FILE);
  await store.extract(key, JOURNAL_FILE, path);
  const journal = decodeJournal(await readFile(path, 'utf8'));
  if (journal.outcome === 'damaged') return [];
  const found: { key: string; file: Buffer }[] = [];
  for (const entry of journal.entries) {
    const timeline = await readTimeline(store, entry.key);
    if (timeline !== null) found.push({ key: entry.key, file: encodeTimeline(timeline) });
  }
  return found;
}

/** @returns the new pack's name */
function repack(store: SnapshotStore, { files, packs }: Manifest, path: string): string {
  try {
    const from = new OpenPacks(packs.map((name) => store.packPath(name)));
    const writer = new PackWriter(path);
    try {
      for (const file of Object.values(files)) {
        for (const name of chunksOf(file, (chunk) => from.read(chunk))) writer.add(name, from.read(name));
      }
      return writer.finish();
    } finally {
      writer.close();
      from.close();
    }
  } catch (error) {
    if (error instanceof PackDamaged) throw storeDamaged(error.path, error.what);
    throw error;
  }
}

export interface ImportOptions {
  /**
   * Whether what the bundle says of itself is believed: its timelines answer for runs that do what it says it did. Nothing but
   * running it again can prove them. Default: false; the snapshot then gets a key that no run of this store asks for.
   */
  trust?: boolean;
}

/**
 * Puts a bundle's snapshot into the store. Everything in it is checked first.
 * @throws GuestwrightError `usage/bundle-invalid`
 */
export async function importBundle(
  store: SnapshotStore,
  path: string,
  { trust = false }: ImportOptions = {},
): Promise<Bundled> {
  const { manifest: carried, index, timelinesAt, packAt } = await readHead(path);
  const manifest = trust ? carried : { ...carried, key: importedKey(carried) };
  const [name, another] = manifest.packs;
  if (name === undefined || another !== undefined) throw bundleInvalid(path, `${manifest.packs.length} packs`);
  const folder = await store.newFolder();
  try {
    const pack = join(folder, 'pack');
    await pipeline(createReadStream(path, { start: packAt }), createWriteStream(pack, { flags: 'wx', mode: 0o600 }));
    const what = whatIsWrong(pack, manifest);
    if (what !== null) throw bundleInvalid(path, what);
    const timelines = await readTimelines(path, index, timelinesAt);
    const beside = join(folder, 'manifest');
    await writeFile(beside, encodeManifest(manifest));
    for (const file of [store.packPath(name), store.manifestPath(manifest.key)])
      await mkdir(dirname(file), { recursive: true });
    await store.exclusively(async () => {
      // Who has it already knows where it is from.
      if (await store.has(manifest.key)) return;
      if (!(await exists(store.packPath(name)))) await rename(pack, store.packPath(name));
      await rename(beside, store.manifestPath(manifest.key));
    });
    if (trust) await writeTimelines(store, timelines);
    return { manifest, timelines: index.length };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The same for the same content, and none that a journal leads to. */
function importedKey({ key, files, packs }: Manifest): string {
  return sha256(JSON.stringify(['imported', key, files, packs]));
}

interface Head {
  manifest: Manifest;
  index: TimelineIndex;
  /** Offsets in the file, bytes. */
  timelinesAt: number;
  packAt: number;
}

async function readHead(path: string): Promise<Head> {
  const file = await open(path).catch((error: unknown) => {
    throw bundleInvalid(path, error instanceof Error ? error.message : String(error));
  });
  try {
    const { size } = await stat(path);
    const magic = Buffer.alloc(MAGIC.length);
    await file.read(magic, 0, magic.length, 0);
    if (magic.toString('latin1') !== MAGIC) throw bundleInvalid(path, 'another kind of file');
    let at = MAGIC.length;
    const text = async (most: number, what: string): Promise<string> => {
      const length = Buffer.alloc(4);
      await file.read(length, 0, 4, at);
      const bytes = length.readUInt32LE();
      if (bytes > most || at + 4 + bytes > size) throw bundleInvalid(path, `${what} that does not fit`);
      const content = Buffer.alloc(bytes);
      await file.read(content, 0, bytes, at + 4);
      at += 4 + bytes;
      return content.toString('utf8');
    };
    const read = decodeManifest(await text(MAX_MANIFEST, 'a manifest'));
    if (read.outcome === 'damaged') throw bundleInvalid(path, `its manifest: ${read.what}`);
    const index = readIndex(await text(MAX_INDEX, 'an index of timelines'));
    if (index === null) throw bundleInvalid(path, 'its index of timelines');
    const packAt = at + index.reduce((sum, { bytes }) => sum + bytes, 0);
    if (packAt > size) throw bundleInvalid(path, 'timelines that do not fit');
    return { manifest: read.manifest, index, timelinesAt: at, packAt };
  } finally {
    await file.close();
  }
}

function readIndex(text: string): TimelineIndex | null {
  try {
    return timelineIndex.parse(JSON.parse(decodeChecked(text) ?? '')).timelines;
  } catch {
    return null;
  }
}

/** @throws GuestwrightError `usage/bundle-invalid` if one is not whole */
async function readTimelines(path: string, index: TimelineIndex, from: number): Promise<Map<string, Timeline>> {
  const file = await open(path);
  try {
    const timelines = new Map<string, Timeline>();
    let at = from;
    for (const { key, bytes } of index) {
      const content = Buffer.alloc(bytes);
      await file.read(content, 0, bytes, at);
      at += bytes;
      const timeline = decodeTimeline(content);
      if (timeline === null) throw bundleInvalid(path, `the timeline ${key.slice(0, 16)}… is not whole`);
      timelines.set(key, timeline);
    }
    return timelines;
  } finally {
    await file.close();
  }
}

function whatIsWrong(path: string, { files, packs }: Manifest): string | null {
  try {
    const pack = new PackReader(path);
    try {
      if (pack.name !== packs[0]) return 'another pack than its manifest names';
      for (const file of Object.values(files)) {
        for (const name of chunksOf(file, (chunk) => read(pack, chunk))) read(pack, name);
      }
      // What nobody asks for is checked too: later snapshots may be built on it.
      for (const name of pack.names()) pack.read(name);
      return null;
    } finally {
      pack.close();
    }
  } catch (error) {
    if (error instanceof PackDamaged) return error.what;
    throw error;
  }
}

function read(pack: PackReader, name: string): Uint8Array {
  const bytes = pack.read(name);
  if (bytes === null) throw new PackDamaged(pack.path, `the chunk ${name.slice(0, 16)}… is missing`);
  return bytes;
}
