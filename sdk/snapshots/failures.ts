/** What the store says when something is wrong with it. */
import { GuestwrightError } from '../errors.js';

export function storeDamaged(path: string, seen: string): GuestwrightError {
  return new GuestwrightError('A snapshot in the store is damaged, and was not used', {
    kind: 'infrastructure',
    code: 'store-damaged',
    expected: 'the bytes that were put into the store',
    seen: `${path}: ${seen}`,
    next: 'it has been taken out of the store, so run again; look at the disk that the store is on if this comes back',
  });
}

export function storeFull(folder: string, seen: string): GuestwrightError {
  return new GuestwrightError('A snapshot could not be put into the store: the disk is full', {
    kind: 'infrastructure',
    code: 'store-full',
    expected: `room in ${folder}`,
    seen,
    next: 'make room, for example with "npx guestwright store gc --limit 2GB"; nothing of the snapshot was kept',
  });
}

export function snapshotNotStored(key: string): GuestwrightError {
  return new GuestwrightError('That snapshot is not in the store', {
    kind: 'usage',
    code: 'snapshot-not-stored',
    expected: 'a name or a key of a snapshot in the store',
    seen: key,
    next: '"npx guestwright store list" shows what there is',
  });
}

export function bundleInvalid(path: string, seen: string): GuestwrightError {
  return new GuestwrightError(`The bundle ${path} cannot be used`, {
    kind: 'usage',
    code: 'bundle-invalid',
    expected: 'an undamaged file that "guestwright store export" wrote',
    seen,
    next: 'export it again; nothing of it was put into the store',
  });
}

/**
 * What keeps a run from using the store, as something to tell: the run goes on without.
 * @throws what is no fault of the file system's, nor of the store
 */
export function asProblem(error: unknown, folder: string): GuestwrightError {
  // An engine that writes its snapshot says so as well.
  if (error instanceof GuestwrightError && error.code === 'disk-full') {
    return storeFull(folder, error.failure.seen ?? error.message);
  }
  if (error instanceof GuestwrightError) return error;
  if (isFull(error)) return storeFull(folder, error.message);
  if (!(error instanceof Error && 'syscall' in error)) throw error;
  return new GuestwrightError('The store cannot be used: what this run did will be run again', {
    kind: 'infrastructure',
    code: 'store-unusable',
    expected: `a folder that can be read and written: ${folder}`,
    seen: error.message,
    next: 'correct its permissions, or name another folder: GUESTWRIGHT_STORE=<folder>',
  });
}

/** Whether the file system said that it is full. */
export function isFull(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}
