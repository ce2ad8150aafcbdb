/**
 * The parts of a run's file, unpacked when they are asked for, by the browser's own decompression: the state of a Linux has 56 MB,
 * and JavaScript takes a second for it.
 */
import { BlobReader, configure, ZipReader, type FileEntry } from '@zip.js/zip.js/lib/zip-core.js';
import { notARun, partDamaged, partTooLarge, runTooLarge, wordCause } from './page-errors.js';

/** Bytes of a run without its compression: memory, disks and pictures. */
const MOST_BYTES = 3 * 2 ** 30;

// The machine has a worker already, and the content security policy lets nothing make others. Large chunks: each is asked of the
// browser's process.
configure({ useWebWorkers: false, useCompressionStream: true, chunkSize: 4 << 20 });

export class RunArchive {
  readonly #entries: ReadonlyMap<string, FileEntry>;

  private constructor(entries: ReadonlyMap<string, FileEntry>) {
    this.#entries = entries;
  }

  /** @throws GuestwrightError `usage/run-invalid`, `usage/run-too-large` */
  static async open(file: Blob): Promise<RunArchive> {
    const entries = new Map<string, FileEntry>();
    let bytes = 0;
    try {
      for (const entry of await new ZipReader(new BlobReader(file)).getEntries()) {
        if (entry.directory) continue;
        entries.set(entry.filename, entry);
        bytes += entry.uncompressedSize;
      }
    } catch (error) {
      throw notARun(wordCause(error));
    }
    if (bytes > MOST_BYTES) throw runTooLarge(bytes, MOST_BYTES);
    return new RunArchive(entries);
  }

  /** Bytes; null: there is no such part. */
  size(name: string): number | null {
    return this.#entries.get(name)?.uncompressedSize ?? null;
  }

  /**
   * Null: there is no such part.
   * @throws GuestwrightError `usage/run-damaged`, `infrastructure/run-memory`
   */
  async read(name: string): Promise<Uint8Array<ArrayBuffer> | null> {
    const entry = this.#entries.get(name);
    if (entry === undefined) return null;
    const bytes = allocate(name, entry.uncompressedSize);
    let length = 0;
    const unpacked = new WritableStream<Uint8Array>({
      write(chunk) {
        if (length + chunk.length > bytes.length) throw new Error('it is larger than its entry says');
        bytes.set(chunk, length);
        length += chunk.length;
      },
    });
    try {
      await entry.getData(unpacked, { checkSignature: false });
    } catch (error) {
      throw partDamaged(name, error);
    }
    if (length !== bytes.length) throw partDamaged(name, new Error('it is smaller than its entry says'));
    return bytes;
  }
}

function allocate(name: string, size: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(size);
  } catch (error) {
    throw partTooLarge(name, size, error);
  }
}
