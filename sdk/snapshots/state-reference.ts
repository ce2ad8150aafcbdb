/** Where a saved state is: in a file, or in the store under a name. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { GuestwrightError } from '../errors.js';
import type { GuestTime, SnapshotPath } from '../engines/engine.js';
import { snapshotNotStored } from './failures.js';
import { encodeJournal, JOURNAL_FILE } from './journal-file.js';
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
  await using state = await holdState(name);
  return await state.open(folder);
}

/** A state of the store, which is not evicted before this is disposed. */
export interface SavedState extends AsyncDisposable {
  key: string;
  engine: string;
  /** Of the machine that was saved: see `EngineMachine.identity`. */
  identity: string;
  at: GuestTime;
  /**
   * @param folder see `openState`
   * @throws GuestwrightError `infrastructure/store-damaged`
   */
  open(folder: string): Promise<StateFile>;
  /** The same, for another that needs it: each is disposed by itself. */
  hold(): Promise<SavedState>;
}

/** @param name of a state in the store, or its key @throws GuestwrightError `usage/snapshot-not-stored` */
export async function holdState(name: string): Promise<SavedState> {
  const store = new SnapshotStore();
  return await heldState(store, await store.find(name));
}

async function heldState(store: SnapshotStore, name: string): Promise<SavedState> {
  const lease = await store.hold(name);
  try {
    const manifest = await store.read(lease.key);
    if (manifest === null) throw snapshotNotStored(name);
    const { key, engine, identity, time } = manifest;
    const open = async (folder: string): Promise<StateFile> => {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const file = path.join(folder, `state-${randomUUID()}`);
      await store.extract(key, FILE, file);
      return { path: file, [Symbol.asyncDispose]: async () => await rm(file, { force: true }) };
    };
    const release = async (): Promise<void> => await lease[Symbol.asyncDispose]();
    const hold = async (): Promise<SavedState> => await heldState(store, key);
    return { key, engine, identity, at: time, open, hold, [Symbol.asyncDispose]: release };
  } catch (error) {
    await lease[Symbol.asyncDispose]();
    throw error;
  }
}

export interface SavedMachine {
  engine: string;
  identity: string;
  time: GuestTime;
  /** What led to the state, where that is known: by it the state is known again. */
  path: SnapshotPath | null;
}

/**
 * Puts a state into the store under a name, which then means this one.
 * @param write writes the state to a path where there is nothing yet
 * @throws GuestwrightError `infrastructure/store-full`, and what `write` throws
 */
export async function saveToStore(
  name: string,
  { engine, identity, time, path: led }: SavedMachine,
  write: (path: string) => Promise<void>,
): Promise<void> {
  const store = new SnapshotStore();
  // Where nothing says what led to it, a state is like no other.
  const key = led?.key ?? createHash('sha256').update(`${identity} ${time} ${randomUUID()}`).digest('hex');
  // Until it has its name nothing else keeps it from being evicted.
  await using lease = await store.hold(key);
  if (!(await store.has(lease.key))) {
    const folder = await store.newFolder();
    try {
      const files: Record<string, string> = { [FILE]: path.join(folder, FILE) };
      await write(path.join(folder, FILE));
      if (led !== null) {
        files[JOURNAL_FILE] = path.join(folder, JOURNAL_FILE);
        await writeFile(path.join(folder, JOURNAL_FILE), encodeJournal(led.journal));
      }
      await store.put({ key: lease.key, engine, identity, time, files });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  await store.name(name, lease.key);
}
