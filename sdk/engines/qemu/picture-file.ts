/**
 * The file that QEMU dumps the screen to, many times a second. On a disk every dump would be written out: a file system that
 * keeps its promises does so when a file is emptied and closed (ext4's `auto_da_alloc`), and the next dump then waits for
 * the disk. So the file is in memory where the host has a place for that. There it has no name either: nothing of it can be
 * left behind.
 */
import { closeSync, constants, fstatSync, openSync, readSync, unlinkSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { disposed } from './misuse.js';

/** Where Linux keeps files in memory. */
const MEMORY_FOLDER = '/dev/shm';
/** By number, among the files that QEMU inherits: after its input, output and messages. */
const INHERITED_FILE = 3;

/** More than a screen of 4K in three bytes a pixel: QEMU writes no more. */
const MAX_BYTES = 2 ** 26;

export class PictureFile {
  /** As QEMU opens it. */
  readonly path: string;
  /** What QEMU has to inherit for that, as its fourth file; null: nothing. */
  readonly inherited: number | null;
  #descriptor: number | null;
  #closed = false;
  /** What was kept, and room for what is read next: pictures are large, and most of them are thrown away. */
  #buffers: [kept: Buffer, spare: Buffer] = [Buffer.alloc(0), Buffer.alloc(0)];

  /** @param folder for the file where it cannot be in memory; need not exist yet */
  constructor(folder: string) {
    this.#descriptor = this.inherited = openWithoutName();
    this.path = this.inherited === null ? join(folder, 'screen.ppm') : `/proc/self/fd/${INHERITED_FILE}`;
  }

  /**
   * What QEMU has dumped. The bytes stay as they are until the next call; for longer when they are kept.
   * @throws GuestwrightError `usage/machine-disposed`
   */
  read(): Buffer {
    if (this.#closed) throw disposed();
    const file = (this.#descriptor ??= openSync(this.path, 'r'));
    const { size } = fstatSync(file);
    if (size > MAX_BYTES) throw new Error(`QEMU dumped a picture of ${size} bytes`);
    if (this.#buffers[1].length < size) this.#buffers[1] = Buffer.allocUnsafeSlow(size);
    const length = readSync(file, this.#buffers[1], 0, size, 0);
    return this.#buffers[1].subarray(0, length);
  }

  /** What was read last stays as it is until something else is kept. */
  keep(): void {
    this.#buffers.reverse();
  }

  close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
    this.#closed = true;
  }
}

/** Null: there is no place for it on this host. */
function openWithoutName(): number | null {
  if (process.platform !== 'linux') return null;
  const path = join(MEMORY_FOLDER, `guestwright-${randomUUID()}`);
  try {
    const file = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
    unlinkSync(path);
    return file;
  } catch {
    return null;
  }
}
