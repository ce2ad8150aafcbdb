/** Files as machines have them: mostly zeros, some pages of noise, some of text. */
import { execa } from 'execa';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PAGE } from './chunked-file.js';
import { SnapshotStore, type NewSnapshot } from './store.js';

export const keyOf = (text: string): string => createHash('sha256').update(text).digest('hex');

export const IDENTITY = keyOf('a machine');

/** Bytes that are the same for the same seed. */
export function noise(seed: string, size: number): Buffer {
  const parts: Buffer[] = [];
  for (let i = 0, length = 0; length < size; i++) {
    const part = createHash('sha512').update(`${seed}.${i}`).digest();
    parts.push(part);
    length += part.length;
  }
  return Buffer.concat(parts).subarray(0, size);
}

/** A memory of so many pages, every third of which is not zeros, with these pages written over. */
export function memory(pages: number, written: Record<number, string> = {}): Buffer {
  const bytes = Buffer.alloc(pages * PAGE);
  for (let page = 0; page < pages; page += 3) {
    if (page % 2 === 0) noise(`page ${page}`, PAGE).copy(bytes, page * PAGE);
    else bytes.write(`text of page ${page} `.repeat(100), page * PAGE);
  }
  for (const [page, seed] of Object.entries(written)) noise(seed, PAGE).copy(bytes, Number(page) * PAGE);
  return bytes;
}

export class StoreFolder implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'guestwright-store-'));
  readonly store = new SnapshotStore(join(this.folder, 'store'));
  #files = 0;

  file(bytes: Uint8Array): string {
    const path = join(this.folder, `file${this.#files++}`);
    writeFileSync(path, bytes);
    return path;
  }

  /** Where nothing is yet. */
  path(): string {
    mkdirSync(this.folder, { recursive: true });
    return join(this.folder, `out${this.#files++}`);
  }

  snapshot(key: string, bytes: Uint8Array, more: Partial<NewSnapshot> = {}): NewSnapshot {
    return {
      key: keyOf(key),
      engine: 'test',
      identity: IDENTITY,
      time: 1000,
      files: { state: this.file(bytes) },
      ...more,
    };
  }

  async bytesOf(key: string): Promise<Buffer> {
    const path = this.path();
    await this.store.extract(keyOf(key), 'state', path);
    return readFileSync(path);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

interface SmallDisk extends AsyncDisposable {
  /** Makes room. @param mb of all of it */
  enlarge(mb: number): Promise<void>;
}

/** A file system of so many MB; null where this host lets us make none. */
export async function smallDisk(path: string, mb = 1): Promise<SmallDisk | null> {
  mkdirSync(path, { recursive: true });
  const { exitCode } = await execa('mount', ['-t', 'tmpfs', '-o', `size=${mb}m`, 'tmpfs', path], { reject: false });
  if (exitCode !== 0) return null;
  return {
    async enlarge(to) {
      await execa('mount', ['-o', `remount,size=${to}m`, path]);
    },
    async [Symbol.asyncDispose]() {
      // A process that is just ending still has a file of it open.
      await execa('umount', ['--lazy', path]);
    },
  };
}

/** Takes all the room that a file system has left. */
export async function fillDisk(folder: string): Promise<{ remove: () => void }> {
  const filler = join(folder, 'filler');
  await execa('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4k'], { reject: false });
  return { remove: () => rmSync(filler) };
}
