/**
 * A FAT file system of 12, 16 or 32 bits, read and written by ChaN's FatFs in WebAssembly (js-fatfs). It is used because
 * Debian's only FUSE driver for FAT (fusefat) damages what it writes: a free cluster is in the chains of its files.
 * What is wrong in an image can do no more than what FatFs, in its own memory, answers. js-fatfs is built without
 * f_utime and f_chmod: a file's time is when it was written, and whether it is read-only cannot be changed.
 */
import * as fatFs from 'js-fatfs';
import type { Storage } from '../../storage.js';

/** What FatFs answered: a code of its own (`FR_...`). */
export class FatError extends Error {
  override readonly name = 'FatError';
  constructor(
    readonly result: number,
    what: string,
  ) {
    super(`${what}: FatFs answered ${result}`);
  }
}

export interface FatEntry {
  name: string;
  directory: boolean;
  /** Bytes; 0 of a directory. */
  size: number;
  /** In steps of 2 s; FAT keeps local time. */
  modified: Date;
  readOnly: boolean;
}

/** How many bytes go through FatFs at once. */
const BUFFER = 128 * 1024;

/** FAT's largest file: its size is 32 bits. */
export const MOST_BYTES = 0xffff_ffff;

export class FatVolume {
  readonly #fat: fatFs.FatFs;
  readonly #buffer: number;
  readonly #count: number;
  readonly #info: number;
  readonly #state: number;

  private constructor(fat: fatFs.FatFs) {
    this.#fat = fat;
    this.#state = this.#allocate(fatFs.sizeof_FATFS);
    this.#buffer = this.#allocate(BUFFER);
    this.#count = this.#allocate(8);
    this.#info = this.#allocate(fatFs.sizeof_FILINFO);
  }

  /** @throws FatError of a file system that is not FAT, or that FatFs finds damaged */
  static async open(storage: Storage, { writable }: { writable: boolean }): Promise<FatVolume> {
    const fat = await fatFs.create({ diskio: diskOf(storage, writable) });
    const volume = new FatVolume(fat);
    check(fat.f_mount(volume.#state, '', 1), 'mounting');
    return volume;
  }

  /** @param path absolute, `/` between names; `/` itself has no entry in FAT */
  stat(path: string): FatEntry {
    check(this.#fat.f_stat(path, this.#info), path);
    return this.#entry();
  }

  list(path: string): FatEntry[] {
    const directory = this.#allocate(fatFs.sizeof_DIR);
    try {
      check(this.#fat.f_opendir(directory, path), path);
      const entries: FatEntry[] = [];
      for (;;) {
        check(this.#fat.f_readdir(directory, this.#info), path);
        const entry = this.#entry();
        if (entry.name === '') break;
        entries.push(entry);
      }
      check(this.#fat.f_closedir(directory), path);
      return entries;
    } finally {
      this.#fat.free(directory);
    }
  }

  /** @param how `create`: there must be none of that name */
  open(path: string, how: 'read' | 'write' | 'create'): FatFile {
    const modes = {
      read: fatFs.FA_READ,
      write: fatFs.FA_READ | fatFs.FA_WRITE,
      create: fatFs.FA_READ | fatFs.FA_WRITE | fatFs.FA_CREATE_NEW,
    };
    const file = this.#allocate(fatFs.sizeof_FIL);
    const result = this.#fat.f_open(file, path, modes[how]);
    if (result !== fatFs.FR_OK) this.#fat.free(file);
    check(result, path);
    return new FatFile(this.#fat, file, { address: this.#buffer, count: this.#count }, path);
  }

  makeDirectory(path: string): void {
    check(this.#fat.f_mkdir(path), path);
  }

  /** A file, or a directory with nothing in it. */
  remove(path: string): void {
    check(this.#fat.f_unlink(path), path);
  }

  /** There must be nothing at `to`. */
  rename(from: string, to: string): void {
    check(this.#fat.f_rename(from, to), from);
  }

  /** Clusters that nothing uses. */
  freeClusters(): number {
    check(this.#fat.f_getfree('', this.#count, this.#count + 4), 'free space');
    return this.#fat.getValue(this.#count, 'i32') >>> 0;
  }

  /** Everything must be closed before. */
  close(): void {
    check(this.#fat.f_unmount(''), 'unmounting');
  }

  #entry(): FatEntry {
    const attributes = this.#fat.FILINFO_fattrib(this.#info);
    const date = this.#fat.FILINFO_fdate(this.#info);
    const time = this.#fat.FILINFO_ftime(this.#info);
    return {
      name: this.#fat.FILINFO_fname(this.#info),
      directory: (attributes & fatFs.AM_DIR) !== 0,
      size: this.#fat.FILINFO_fsize(this.#info),
      modified: new Date(
        1980 + (date >> 9),
        ((date >> 5) & 15) - 1,
        date & 31,
        time >> 11,
        (time >> 5) & 63,
        (time & 31) * 2,
      ),
      readOnly: (attributes & fatFs.AM_RDO) !== 0,
    };
  }

  #allocate(bytes: number): number {
    const address = this.#fat.malloc(bytes);
    if (address === 0) throw new FatError(fatFs.FR_NOT_ENOUGH_CORE, 'memory');
    return address;
  }
}

/** An open file. Of one file there must be only one at a time, and none while it is renamed or removed. */
export class FatFile {
  readonly #fat: fatFs.FatFs;
  readonly #file: number;
  readonly #buffer: { address: number; count: number };
  readonly #path: string;

  constructor(fat: fatFs.FatFs, file: number, buffer: { address: number; count: number }, path: string) {
    this.#fat = fat;
    this.#file = file;
    this.#buffer = buffer;
    this.#path = path;
  }

  /** Bytes. */
  get size(): number {
    return this.#fat.f_size(this.#file);
  }

  /** Fewer bytes than asked for at the file's end. */
  read(offset: number, length: number): Uint8Array {
    const wanted = Math.max(0, Math.min(length, this.size - offset));
    const bytes = new Uint8Array(wanted);
    if (wanted === 0) return bytes;
    this.#seek(offset);
    let done = 0;
    while (done < wanted) {
      const most = Math.min(BUFFER, wanted - done);
      check(this.#fat.f_read(this.#file, this.#buffer.address, most, this.#buffer.count), this.#path);
      const read = this.#fat.getValue(this.#buffer.count, 'i32');
      if (read === 0) break;
      bytes.set(this.#fat.HEAPU8.subarray(this.#buffer.address, this.#buffer.address + read), done);
      done += read;
    }
    return bytes.subarray(0, done);
  }

  /** @returns how many bytes found room */
  write(offset: number, bytes: Uint8Array): number {
    if (offset > this.size && !this.#fill(offset)) return 0;
    this.#seek(offset);
    let done = 0;
    while (done < bytes.length) {
      const part = bytes.subarray(done, done + BUFFER);
      const written = this.#put(part);
      done += written;
      if (written < part.length) break;
    }
    return done;
  }

  /** @returns whether there was room for it */
  truncate(size: number): boolean {
    if (size > this.size) return this.#fill(size);
    this.#seek(size);
    check(this.#fat.f_truncate(this.#file), this.#path);
    return true;
  }

  sync(): void {
    check(this.#fat.f_sync(this.#file), this.#path);
  }

  close(): void {
    const result = this.#fat.f_close(this.#file);
    this.#fat.free(this.#file);
    check(result, this.#path);
  }

  /** FAT has no holes, and FatFs leaves what it skips as it was on the disk: somebody else's deleted file. */
  #fill(size: number): boolean {
    const before = this.size;
    this.#seek(before);
    const zeros = new Uint8Array(Math.min(BUFFER, size - before));
    while (this.size < size) {
      const part = zeros.subarray(0, Math.min(BUFFER, size - this.size));
      if (this.#put(part) === part.length) continue;
      this.#seek(before);
      check(this.#fat.f_truncate(this.#file), this.#path);
      return false;
    }
    return true;
  }

  #put(part: Uint8Array): number {
    this.#fat.HEAPU8.set(part, this.#buffer.address);
    check(this.#fat.f_write(this.#file, this.#buffer.address, part.length, this.#buffer.count), this.#path);
    return this.#fat.getValue(this.#buffer.count, 'i32');
  }

  #seek(offset: number): void {
    check(this.#fat.f_lseek(this.#file, offset), this.#path);
  }
}

function check(result: number, what: string): void {
  if (result !== fatFs.FR_OK) throw new FatError(result, what);
}

/** FatFs asks in sectors, of the size that the file system says of itself. */
function diskOf(storage: Storage, writable: boolean): fatFs.DiskIO {
  const stated = storage.size() >= 512 ? storage.read(0, 512) : new Uint8Array(512);
  const sector = new DataView(stated.buffer).getUint16(11, true);
  const known = [512, 1024, 2048, 4096].includes(sector) ? sector : 512;
  const sectors = Math.floor(storage.size() / known);
  const attempt = (work: () => void): number => {
    try {
      work();
      return fatFs.RES_OK;
    } catch {
      return fatFs.RES_ERROR;
    }
  };
  return {
    initialize: () => (writable ? 0 : fatFs.STA_PROTECT),
    status: () => (writable ? 0 : fatFs.STA_PROTECT),
    // The host's errors come back as FatFs's answers: an exception must not cross its frames.
    read: (fat, _drive, address, first, count) =>
      attempt(() => fat.HEAPU8.set(storage.read((first >>> 0) * known, count * known), address)),
    write(fat, _drive, address, first, count) {
      const offset = (first >>> 0) * known;
      if (!writable) return fatFs.RES_WRPRT;
      // A storage grows where it is written to; a partition does not.
      if ((first >>> 0) + count > sectors) return fatFs.RES_PARERR;
      return attempt(() => storage.write(offset, fat.HEAPU8.slice(address, address + count * known)));
    },
    ioctl(fat, _drive, command, address) {
      if (command === fatFs.CTRL_SYNC) return attempt(() => (writable ? storage.flush() : undefined));
      if (command === fatFs.GET_SECTOR_COUNT) fat.setValue(address, sectors, 'i32');
      else if (command === fatFs.GET_SECTOR_SIZE) fat.setValue(address, known, 'i16');
      else if (command === fatFs.GET_BLOCK_SIZE) fat.setValue(address, 1, 'i32');
      else return fatFs.RES_PARERR;
      return fatFs.RES_OK;
    },
  };
}
