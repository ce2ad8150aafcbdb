/** Bases of disks that are in memory, in a worker of Node and in one of a page. */
import type { Blocks } from '../../blocks.js';

export class BytesBlocks implements Blocks {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get size(): number {
    return this.#bytes.length;
  }

  read(offset: number, length: number): Uint8Array {
    return this.#bytes.slice(offset, offset + length);
  }

  write(): never {
    throw new Error('a base is never written');
  }

  flush(): void {
    // Nothing was written.
  }
}

/** All zeros: a blank disk. */
export class BlankBlocks implements Blocks {
  readonly size: number;

  constructor(size: number) {
    this.size = size;
  }

  read(_offset: number, length: number): Uint8Array {
    return new Uint8Array(length);
  }

  write(): never {
    throw new Error('a base is never written');
  }

  flush(): void {
    // Nothing was written.
  }
}
