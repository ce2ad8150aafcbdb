/** Where a saved state is: in a file, or in the store under a name. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { GuestwrightError } from '../errors.js';
import type { GuestTime } from '../engines/engine.js';
import { snapshotName } from './manifest.js';
import { SnapshotStore } from './store.js';

const PREFIX = 'store:';
/** The one file of such a snapshot. */
const FILE = 'state';

export type StateReference = { kind: 'file'; path: string } | { kind: 'store'; name: string };

/** `store:NAME`, or the path of a file. @throws GuestwrightError `usage/snapshot-name-invalid` */
export function stateReference(text: string): StateReference {
  if (!text.startsWith(PREFIX)) return { kind: 'file', path: path.resolve(text) };
  const name = text.slice(PREFIX.length);
  if (snapshotName.safeParse(name).success) return { kind: 'store', name };
  throw new GuestwrightError(`"${text}" names no snapshot in the store`, {
    kind: 'usage',
    code: 'snapshot-name-invalid',
    expected: 'store:NAME, NAME being letters, digits, "-", "_", "." and ":", 100 at most',
    seen: text,
    next: 'choose another name',
  });
}

/** A file with a state; disposed when it has been read. */
export interface StateFile extends AsyncDisposable {
  path: string;
}

/**
 * @param folder for a file that has to be made; it is made too if it is not there
 * @throws GuestwrightError `usage/state-missing`, `usage/snapshot-not-stored`, `infrastructure/store-damaged`
 */
export async function openState(text: string, folder: string): Promise<StateFile> {
  const reference = stateReference(text);
  return reference.kind === 'file' ? await existing(text, reference.path) : await fromStore(reference.name, folder);
}

async function existing(name: string, file: string): Promise<StateFile> {
  const isFile = await stat(file).then(
    (seen) => seen.isFile(),
    () => false,
  );
  if (isFile) return { path: file, [Symbol.asyncDispose]: async () => Promise.resolve() };
  throw new GuestwrightError(`There is no saved state ${name}`, {
    kind: 'usage',
    code: 'state-missing',
    expected: 'a file that machine.saveState() wrote',
    seen: `no file ${file}`,
    next: 'save the state first, or correct the path in the spec field "state"',
  });
}

async function fromStore(name: string, folder: string): Promise<StateFile> {
  const store = new SnapshotStore();
  const key = await store.find(name);
  await using lease = await store.hold(key);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, `state-${randomUUID()}`);
  await store.extract(lease.key, FILE, file);
  return { path: file, [Symbol.asyncDispose]: async () => await rm(file, { force: true }) };
}

export interface SavedMachine {
  engine: string;
  identity: string;
  time: GuestTime;
}

/**
 * Puts a state into the store under a name, which then means this one.
 * @param write writes the state to a path where there is nothing yet
 * @throws GuestwrightError `infrastructure/store-full`, and what `write` throws
 */
export async function saveToStore(
  name: string,
  { engine, identity, time }: SavedMachine,
  write: (path: string) => Promise<void>,
): Promise<void> {
  const store = new SnapshotStore();
  const folder = await store.newFolder();
  try {
    const file = path.join(folder, FILE);
    await write(file);
    // Nothing says what led to this state: it is like no other.
    const key = createHash('sha256').update(`${identity} ${time} ${randomUUID()}`).digest('hex');
    // Until it has its name nothing else keeps it from being evicted.
    await using lease = await store.hold(key);
    await store.put({ key: lease.key, engine, identity, time, files: { [FILE]: file } });
    await store.name(name, lease.key);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
