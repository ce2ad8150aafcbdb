/** Where a disk image's bytes are. The formats know nothing else of files, so that they also read what is in memory. */
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';

/**
 * Bytes at offsets. Synchronous, because on a bit-exact engine a disk's read has no duration. Nobody else is to change
 * them meanwhile.
 */
export interface Storage {
  /** For messages: usually the file's path. */
  readonly name: string;
  /** Bytes. */
  size(): number;
  /**
   * A fresh copy.
   * @throws RangeError for what is not whole within {@link size}: a format asks only for what it has checked to be there
   */
  read(offset: number, length: number): Uint8Array;
  /** Grows it where that is needed; what is between its end and `offset` is zeros then. */
  write(offset: number, bytes: Uint8Array): void;
  truncate(size: number): void;
  /** What was written is safe from a power cut of the host. */
  flush(): void;
  close(): void;
}

/** A file. @throws the file system's errors */
export class FileStorage implements Storage {
  readonly name: string;
  readonly #file: number;

  /** `new`: it must not be there yet. */
  constructor(path: string, access: 'read' | 'write' | 'new' = 'read') {
    this.name = path;
    this.#file = openSync(path, { read: 'r', write: 'r+', new: 'wx+' }[access], 0o600);
  }

  size(): number {
    return fstatSync(this.#file).size;
  }

  read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length;) {
      const read = readSync(this.#file, bytes, done, length - done, offset + done);
      if (read === 0) throw new RangeError(`${this.name} ends at ${offset + done}`);
      done += read;
    }
    return bytes;
  }

  write(offset: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) {
      done += writeSync(this.#file, bytes, done, bytes.length - done, offset + done);
    }
  }

  truncate(size: number): void {
    ftruncateSync(this.#file, size);
  }

  flush(): void {
    fsyncSync(this.#file);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** In memory. */
export class BytesStorage implements Storage {
  readonly name: string;
  #bytes: Uint8Array;

  constructor(bytes: Uint8Array = new Uint8Array(), name = 'an image in memory') {
    this.name = name;
    this.#bytes = bytes;
  }

  /** What is there now: not a copy. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  size(): number {
    return this.#bytes.length;
  }

  read(offset: number, length: number): Uint8Array {
    if (offset < 0 || length < 0 || offset + length > this.#bytes.length) {
      throw new RangeError(`${this.name} ends at ${this.#bytes.length}`);
    }
    return this.#bytes.slice(offset, offset + length);
  }

  write(offset: number, bytes: Uint8Array): void {
    if (offset + bytes.length > this.#bytes.length) this.truncate(offset + bytes.length);
    this.#bytes.set(bytes, offset);
  }

  truncate(size: number): void {
    const bytes = new Uint8Array(size);
    bytes.set(this.#bytes.subarray(0, size));
    this.#bytes = bytes;
  }

  flush(): void {
    // There is nothing behind it.
  }

  close(): void {
    // Nor anything to close.
  }
}
