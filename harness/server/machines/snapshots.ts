/** The snapshots of a machine: a tree, each a state, a picture and a note in its folder. */
import { link, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { GuestwrightError } from '../../../sdk/errors.js';
import { exists, isMissing, writeWhole } from '../../../sdk/images/files.js';
import { filesIn } from './machine-folder.js';

export const snapshotSchema = z.strictObject({
  version: z.literal(1),
  id: z.uuid(),
  name: z.string().min(1).max(200),
  /** Snapshot that the machine was last at when it was taken. */
  parent: z.uuid().nullable(),
  created: z.iso.datetime(),
  /** Guest ms. */
  time: z.number().nonnegative(),
  engine: z.enum(['v86', 'qemu']),
});
export type HostedSnapshot = z.output<typeof snapshotSchema>;

export class SnapshotFolder {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  stateFile(id: string): string {
    return join(this.#folder, `${z.uuid().parse(id)}.state`);
  }

  pictureFile(id: string): string {
    return join(this.#folder, `${z.uuid().parse(id)}.png`);
  }

  #note(id: string): string {
    return join(this.#folder, `${z.uuid().parse(id)}.json`);
  }

  /** Those that are whole, oldest first. */
  async list(): Promise<HostedSnapshot[]> {
    const found: HostedSnapshot[] = [];
    for (const name of await filesIn(this.#folder)) {
      if (!name.endsWith('.json')) continue;
      const read = snapshotSchema.safeParse(parsed(await readFile(join(this.#folder, name), 'utf8')));
      if (!read.success || `${read.data.id}.json` !== name) continue;
      if (await exists(this.stateFile(read.data.id))) found.push(read.data);
    }
    return found.sort((a, b) => a.created.localeCompare(b.created));
  }

  /** By its id, or by a name that only one has. @throws GuestwrightError `usage/snapshot-missing`, `usage/snapshot-name-ambiguous` */
  async find(reference: string): Promise<HostedSnapshot> {
    const all = await this.list();
    const byId = all.find(({ id }) => id === reference);
    if (byId !== undefined) return byId;
    const [named, other] = all.filter(({ name }) => name === reference);
    if (named === undefined) throw snapshotMissing(reference, all);
    if (other !== undefined) throw ambiguous(reference);
    return named;
  }

  /** With it a snapshot is there. Its state and its picture are already. */
  async add(snapshot: HostedSnapshot): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    await writeWhole(this.#note(snapshot.id), `${JSON.stringify(snapshot, null, 2)}\n`);
  }

  /** Those that were taken after it are its parent's then. */
  async remove({ id, parent }: HostedSnapshot): Promise<void> {
    for (const child of await this.list()) {
      if (child.parent === id) await this.add({ ...child, parent });
    }
    await rm(this.#note(id), { force: true });
    await this.sweep();
  }

  /** Removes states and pictures that belong to no snapshot: what was being taken, or removed, when a process was killed. */
  async sweep(): Promise<void> {
    const whole = new Set((await this.list()).map(({ id }) => id));
    for (const name of await filesIn(this.#folder)) {
      const id = name.split('.')[0] ?? '';
      if (!whole.has(id)) await rm(join(this.#folder, name), { force: true });
    }
  }
}

/**
 * Of a machine's snapshot: a PNG file, base64.
 * @param folder the machine's
 * @throws GuestwrightError `usage/snapshot-missing`, `usage/snapshot-name-ambiguous`, `usage/snapshot-picture-missing`
 */
export async function snapshotPicture(folder: string, reference: string): Promise<string> {
  const snapshots = new SnapshotFolder(join(folder, 'snapshots'));
  const { id, name } = await snapshots.find(reference);
  try {
    return await readFile(snapshots.pictureFile(id), 'base64');
  } catch (error) {
    if (isMissing(error)) throw pictureMissing(name);
    throw error;
  }
}

/** The same bytes under another name, in place of what was there, in one step. States are never written in place. */
export async function linkFile(from: string, to: string): Promise<void> {
  const beside = `${to}.${process.pid}.part`;
  await rm(beside, { force: true });
  await link(from, beside);
  await rename(beside, to);
  // Of two names of the same file renaming does nothing, and leaves both.
  await rm(beside, { force: true });
}

/** False: not between these two places. */
export async function triedLink(from: string, to: string): Promise<boolean> {
  try {
    await linkFile(from, to);
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'EXDEV' || code === 'EPERM' || code === 'EMLINK' || code === 'ENOTSUP') return false;
    throw error;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function snapshotMissing(reference: string, all: readonly HostedSnapshot[]): GuestwrightError {
  const names = all.map(({ name }) => name);
  return new GuestwrightError(`There is no snapshot ${reference}`, {
    kind: 'usage',
    code: 'snapshot-missing',
    expected: names.length === 0 ? 'a snapshot; the machine has none' : `one of: ${names.join(', ')}`,
    seen: reference,
  });
}

function pictureMissing(name: string): GuestwrightError {
  return new GuestwrightError(`The snapshot ${name} has no picture`, {
    kind: 'usage',
    code: 'snapshot-picture-missing',
    expected: 'the picture that was taken with it',
    seen: 'its file is gone; the snapshot itself is whole',
  });
}

function ambiguous(reference: string): GuestwrightError {
  return new GuestwrightError(`Several snapshots are called ${reference}`, {
    kind: 'usage',
    code: 'snapshot-name-ambiguous',
    expected: 'a name that one has, or an id',
    seen: reference,
    next: 'name it by its id',
  });
}
