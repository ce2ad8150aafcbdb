/** A raw image: its bytes are the disk's. */
import type { Blocks } from '../engines/blocks.js';
import type { Storage } from './storage.js';

export class RawBlocks implements Blocks {
  readonly size: number;
  readonly #storage: Storage;

  /** Closes the storage with itself. */
  constructor(storage: Storage) {
    this.#storage = storage;
    this.size = storage.size();
  }

  read(offset: number, length: number): Uint8Array {
    return this.#storage.read(offset, length);
  }

  /** @throws RangeError for what does not fit: a disk does not grow by being written to */
  write(offset: number, data: Uint8Array): void {
    if (offset < 0 || offset + data.length > this.size) throw new RangeError(`the disk ends at ${this.size}`);
    this.#storage.write(offset, data);
  }

  flush(): void {
    this.#storage.flush();
  }

  close(): void {
    this.#storage.close();
  }
}
