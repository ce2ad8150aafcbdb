/** Why a machine cannot be forked, for every engine alike. */
import { GuestwrightError } from '../errors.js';
import type { Hardware } from './engine.js';

/** @throws GuestwrightError `usage/fork-disk-file` */
export function assertForkable({ disks }: Hardware): void {
  if (disks.every(({ overlay }) => overlay.kind !== 'file')) return;
  throw new GuestwrightError('A machine whose disk is kept in a file cannot be forked', {
    kind: 'usage',
    code: 'fork-disk-file',
    expected: 'disks that go with their machine',
    seen: 'a disk with an overlay in a file, which two machines cannot write to',
    next: 'leave `overlay` out of the disk, or save the state and launch another machine from it with another overlay',
  });
}
