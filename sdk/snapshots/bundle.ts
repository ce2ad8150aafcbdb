/**
 * A snapshot in one file, for another store: untrusted input when it is imported.
 *
 * Layout: the 16 bytes `GUESTWRIGHT-BDL1`, the length of the manifest (32 bits, little-endian), the manifest, and one pack with
 * just the chunks that the snapshot needs.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { open, rename, rm, stat, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { exists } from '../images/files.js';
import { chunksOf } from './chunked-file.js';
import { bundleInvalid, snapshotNotStored, storeDamaged } from './failures.js';
import { decodeManifest, encodeManifest, type Manifest } from './manifest.js';
import { PackDamaged, PackReader, PackWriter } from './pack.js';
import { OpenPacks } from './pack-files.js';
import type { SnapshotStore } from './store.js';

const MAGIC = 'GUESTWRIGHT-BDL1';
/** 1 GB of guest memory and disks takes some 100 KB. */
const MAX_MANIFEST = 64 << 20;

/**
 * @param path of a file, which is replaced when the bundle is whole
 * @throws GuestwrightError `usage/snapshot-not-stored`, `infrastructure/store-damaged`
 */
export async function exportBundle(store: SnapshotStore, key: string, path: string): Promise<Manifest> {
  await using lease = await store.hold(key);
  const manifest = await store.read(lease.key);
  if (manifest === null) throw snapshotNotStored(key);
  const folder = await store.newFolder();
  const beside = `${path}.guestwright-new`;
  try {
    const pack = join(folder, 'pack');
    const alone = { ...manifest, packs: [repack(store, manifest, pack)] };
    const text = Buffer.from(encodeManifest(alone));
    const head = Buffer.alloc(MAGIC.length + 4);
    head.write(MAGIC, 'latin1');
    head.writeUInt32LE(text.length, MAGIC.length);
    await writeFile(beside, Buffer.concat([head, text]));
    await pipeline(createReadStream(pack), createWriteStream(beside, { flags: 'a' }));
    await rename(beside, path);
    return alone;
  } finally {
    await rm(beside, { force: true });
    await rm(folder, { recursive: true, force: true });
  }
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

/**
 * Puts a bundle's snapshot into the store. Everything in it is checked first.
 * @throws GuestwrightError `usage/bundle-invalid`
 */
export async function importBundle(store: SnapshotStore, path: string): Promise<Manifest> {
  const { manifest, packAt } = await readHead(path);
  const [name, another] = manifest.packs;
  if (name === undefined || another !== undefined) throw bundleInvalid(path, `${manifest.packs.length} packs`);
  const folder = await store.newFolder();
  try {
    const pack = join(folder, 'pack');
    await pipeline(createReadStream(path, { start: packAt }), createWriteStream(pack, { flags: 'wx', mode: 0o600 }));
    const what = whatIsWrong(pack, manifest);
    if (what !== null) throw bundleInvalid(path, what);
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
    return manifest;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readHead(path: string): Promise<{ manifest: Manifest; packAt: number }> {
  const file = await open(path).catch((error: unknown) => {
    throw bundleInvalid(path, error instanceof Error ? error.message : String(error));
  });
  try {
    const { size } = await stat(path);
    const head = Buffer.alloc(MAGIC.length + 4);
    await file.read(head, 0, head.length, 0);
    if (head.toString('latin1', 0, MAGIC.length) !== MAGIC) throw bundleInvalid(path, 'another kind of file');
    const length = head.readUInt32LE(MAGIC.length);
    if (length > MAX_MANIFEST || head.length + length > size) throw bundleInvalid(path, 'a manifest that does not fit');
    const text = Buffer.alloc(length);
    await file.read(text, 0, length, head.length);
    const read = decodeManifest(text.toString('utf8'));
    if (read.outcome === 'damaged') throw bundleInvalid(path, `its manifest: ${read.what}`);
    return { manifest: read.manifest, packAt: head.length + length };
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
