/**
 * What is mounted: a folder for each image in the cache, named for the file, with the record, the overlays and the logs. The
 * record is written before what it tells of is done, so that whatever dies, the next command knows what to clean up.
 */
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { cacheFolder, isMissing, readIfThere, sha256, writeWhole } from '../../images/files.js';
import { processNote } from './processes.js';

/** Which file it is, and as of when. */
const identity = z.object({ dev: z.number(), ino: z.number(), size: z.number(), mtimeNs: z.string() });
export type Identity = z.infer<typeof identity>;

const mountedPartition = z.object({
  number: z.int().nonnegative(),
  /** Bytes. */
  offset: z.int().nonnegative(),
  size: z.int().positive(),
  fileSystem: z.string(),
  /** Where its files are. */
  at: z.string(),
  /** It was made for this, and goes with it. */
  madeFolder: z.boolean(),
  /** What serves it; null: not started yet. */
  process: processNote.nullable(),
  /** It was unmounted, and everything has been written. */
  closed: z.boolean(),
});
export type MountedPartition = z.infer<typeof mountedPartition>;

const mountRecord = z.object({
  version: z.literal(1),
  /** The file, absolute, without links. */
  image: z.string(),
  format: z.string(),
  identity,
  /** The folder that was asked for; null: for a command that copies files only. */
  at: z.string().nullable(),
  madeFolder: z.boolean(),
  writable: z.boolean(),
  created: z.string(),
  /**
   * `opening`: not everything is there yet. `closing`: unmounting began. `committing`: everything is unmounted, and what was
   * written is going into the image, which can be repeated.
   */
  state: z.enum(['opening', 'mounted', 'closing', 'committing']),
  /** QEMU's storage daemon; null: not started yet. */
  daemon: processNote.nullable(),
  partitions: z.array(mountedPartition),
});
export type MountRecord = z.infer<typeof mountRecord>;

export function mountsFolder(): string {
  return join(cacheFolder(), 'mounts');
}

export function keyOf({ dev, ino }: Pick<Identity, 'dev' | 'ino'>): string {
  return sha256(`${dev}:${ino}`).slice(0, 16);
}

/** The folder of one image, and what is in it. */
export class MountFolder {
  readonly path: string;

  constructor(readonly key: string) {
    this.path = join(mountsFolder(), key);
  }

  /** One command at a time. */
  get lock(): string {
    return `${this.path}.lock`;
  }

  overlay(partition: number): string {
    return join(this.path, `overlay-${partition}.qcow2`);
  }

  /** A file that the storage daemon mounts the partition's bytes on. */
  exported(partition: number | 'whole'): string {
    return join(this.path, `partition-${partition}`);
  }

  log(partition: number): string {
    return join(this.path, `partition-${partition}.log`);
  }

  get pidFile(): string {
    return join(this.path, 'daemon.pid');
  }

  /** Null: nothing is mounted, or what is there cannot be read and is nobody's. */
  async read(): Promise<MountRecord | null> {
    const text = await readIfThere(join(this.path, 'record.json'));
    if (text === null) return null;
    return mountRecord.parse(JSON.parse(text));
  }

  async write(record: MountRecord): Promise<void> {
    await mkdir(this.path, { recursive: true, mode: 0o700 });
    await writeWhole(join(this.path, 'record.json'), `${JSON.stringify(record, null, 2)}\n`);
  }

  /** In one step as far as others see it; it may be gone already. */
  async remove(): Promise<void> {
    const beside = `${this.path}.${randomUUID()}.gone`;
    try {
      await rename(this.path, beside);
    } catch (error) {
      if (isMissing(error)) return;
      throw error;
    }
    await rm(beside, { recursive: true, force: true });
  }
}

export async function allRecords(): Promise<{ folder: MountFolder; record: MountRecord }[]> {
  let names: string[];
  try {
    names = await readdir(mountsFolder());
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
  const found = [];
  for (const name of names.filter((one) => /^[0-9a-f]{16}$/.test(one)).sort()) {
    const folder = new MountFolder(name);
    const record = await folder.read();
    if (record !== null) found.push({ folder, record });
  }
  return found;
}
