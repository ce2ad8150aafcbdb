/** A machine that stands before a write to one of its disks, because the host could not carry it out. */
import { GuestwrightError } from '../errors.js';

export interface Stall {
  /** Index of the disk; null: the engine does not say. */
  disk: number | null;
  /** The host has no room for it. False: something else was wrong. */
  full: boolean;
  /** What the host said. */
  detail: string;
}

/** What a call gets that would have the guest run. */
export function diskStalled({ disk, full, detail }: Stall): GuestwrightError {
  const which = disk === null ? 'a disk' : `disk ${disk}`;
  return new GuestwrightError(
    full ? `The host has no room for what the guest writes to ${which}` : `The host could not write to ${which}`,
    {
      kind: 'infrastructure',
      code: full ? 'disk-full' : 'disk-io',
      expected: 'that what the guest writes can be kept',
      seen: `${detail}: the machine stands before that write, and its guest knows nothing of it`,
      next: `${full ? 'make room on the file system of the overlay, or of the run directory' : 'look what is wrong with the file system of the overlay'}; machine.resume() writes it again`,
    },
  );
}
