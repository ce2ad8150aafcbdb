/** Cuts files into chunks and packs those that the store has not: the heavy work, which knows nothing of manifests. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { chunkFile, writeChunked, type ChunkedFile } from './chunked-file.js';
import { PackDamaged, PackReader, PackWriter, type ChunkName } from './pack.js';

export interface PackJob {
  kind: 'pack';
  /** By name. */
  files: Record<string, string>;
  /** Packs that may have some of the chunks; one that cannot be read is passed over. */
  near: string[];
  /** Folder for what is written. */
  folder: string;
  /** Of a file in it that is not there yet. */
  name: string;
}

/** Puts a file together again. */
export interface UnpackJob {
  kind: 'unpack';
  file: ChunkedFile;
  /** Packs that have all of its chunks. */
  packs: string[];
  /** There is none yet; half-written it is removed. */
  path: string;
}

export interface Packed {
  files: Record<string, ChunkedFile>;
  /** The new pack, still under the job's name; null: nothing was new. */
  pack: string | null;
  /** Paths of the packs that have the other chunks. */
  used: string[];
}

export function packFiles({ files, near, folder, name }: PackJob): Packed {
  const path = join(folder, name);
  const known = near.map(openIfWhole).filter((pack) => pack !== null);
  try {
    return packInto(path, files, known);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    for (const pack of known) pack.close();
  }
}

function packInto(path: string, files: PackJob['files'], known: readonly PackReader[]): Packed {
  const used = new Set<string>();
  const writer = new PackWriter(path);
  try {
    const sink = {
      has: (chunk: string) => {
        if (writer.has(chunk)) return true;
        const pack = known.find((one) => one.has(chunk));
        if (pack !== undefined) used.add(pack.path);
        return pack !== undefined;
      },
      add: (chunk: string, bytes: Uint8Array) => writer.add(chunk, bytes),
    };
    const chunked = Object.fromEntries(Object.entries(files).map(([key, file]) => [key, chunkFile(file, sink)]));
    const pack = writer.chunks > 0 ? writer.finish() : null;
    if (pack === null) rmSync(path);
    return { files: chunked, pack, used: [...used] };
  } finally {
    writer.close();
  }
}

/** @throws PackDamaged also when a chunk is in none of the packs; what the file system says when a pack is gone */
export function unpackFile({ file, packs, path }: UnpackJob): void {
  const open = new OpenPacks(packs);
  try {
    writeChunked(file, (name) => open.read(name), path);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    open.close();
  }
}

/** Several packs, read as one. */
export class OpenPacks {
  readonly #packs: PackReader[] = [];

  /** @throws PackDamaged; what the file system says when one is gone */
  constructor(paths: readonly string[]) {
    try {
      for (const path of paths) this.#packs.push(new PackReader(path));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** @throws PackDamaged also when none of them has it */
  read(name: ChunkName): Uint8Array {
    for (const pack of this.#packs) {
      const bytes = pack.read(name);
      if (bytes !== null) return bytes;
    }
    throw new PackDamaged('the packs of the snapshot', `the chunk ${name.slice(0, 16)}… is in none of them`);
  }

  close(): void {
    for (const pack of this.#packs) pack.close();
  }
}

function openIfWhole(path: string): PackReader | null {
  try {
    return new PackReader(path);
  } catch {
    // Gone, or damaged: then its chunks are written once more.
    return null;
  }
}
