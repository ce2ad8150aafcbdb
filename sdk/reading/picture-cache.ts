/** Pictures of PNG files, decoded once and kept while their files do not change. */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Picture } from '../screen/picture.js';
import { decodePng } from './png.js';

/** A decoded picture with the file's bytes. Shared by all who ask: neither must be changed. */
export interface LoadedPicture extends Picture {
  readonly bytes: Uint8Array;
}

interface Entry {
  /** Names one version of the file. */
  version: string;
  picture: LoadedPicture;
}

/** Bytes of pixels that are kept: 85 pictures of 1024x768. */
const MAX_BYTES = 256 * 2 ** 20;

export class PictureCache {
  /** The ones used longest ago first. */
  readonly #entries = new Map<string, Entry>();
  readonly #maxBytes: number;
  #bytes = 0;

  /** @param maxBytes of pixels that are kept at most; a single larger picture is decoded each time */
  constructor(maxBytes = MAX_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /**
   * The picture of a PNG file.
   * @throws GuestwrightError `usage/png-invalid`, `usage/png-too-large`; what reading a file throws (`ENOENT`)
   */
  async load(file: string): Promise<LoadedPicture> {
    const name = path.resolve(file);
    // Before reading: a file that is replaced in between is then read again the next time.
    const version = await versionOf(name);
    const known = this.#entries.get(name);
    if (known?.version === version) {
      this.#entries.delete(name);
      this.#entries.set(name, known);
      return known.picture;
    }
    const bytes = await readFile(name);
    const picture = { ...decodePng(bytes, file), bytes };
    this.#keep(name, { version, picture });
    return picture;
  }

  #keep(name: string, entry: Entry): void {
    this.#forget(name);
    if (entry.picture.rgba.length > this.#maxBytes) return;
    this.#entries.set(name, entry);
    this.#bytes += entry.picture.rgba.length;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#forget(oldest);
    }
  }

  #forget(name: string): void {
    this.#bytes -= this.#entries.get(name)?.picture.rgba.length ?? 0;
    this.#entries.delete(name);
  }
}

/** A file that is replaced by a rename is another one; one that is written again has another time or size. */
async function versionOf(file: string): Promise<string> {
  const { ino, mtimeNs, size } = await stat(file, { bigint: true });
  return `${ino} ${mtimeNs} ${size}`;
}

const shared = new PictureCache();

/** {@link PictureCache.load} of the process's own cache. */
export async function loadPicture(file: string): Promise<LoadedPicture> {
  return await shared.load(file);
}
