/** The errors that disks in VHD end in, worded in one place. Names that an image gives are shown so that they do no harm. */
import { GuestwrightError } from '../../errors.js';
import { showName } from './word-vhd.js';

/** An image that says of itself what cannot be. @param what what is wrong, as the rest of a sentence @param where bytes from its start */
export function damaged(name: string, what: string, where?: number): GuestwrightError {
  return new GuestwrightError(`The disk image ${name} is damaged`, {
    kind: 'usage',
    code: 'disk-damaged',
    seen: where === undefined ? what : `${what} (at byte ${where})`,
    next: 'Check it: `npx guestwright disk check` lists all that is wrong with it and says what can be repaired.',
  });
}

export function noVhd(name: string): GuestwrightError {
  return new GuestwrightError(`${name} is no VHD`, {
    kind: 'usage',
    code: 'disk-format-unknown',
    expected: 'a footer of a Virtual Hard Disk (`conectix`) in the last 512 bytes, or its copy in the first',
    seen: 'neither',
    next: 'Give a disk image in VHD, or name the format that it has.',
  });
}

export function noSuchSize(size: number, expected: string): GuestwrightError {
  return new GuestwrightError(`A VHD cannot have this size`, {
    kind: 'usage',
    code: 'disk-size',
    expected,
    seen: `${size} bytes`,
    next: 'Round the size up.',
  });
}

export function noSuchValue(what: string, expected: string, seen: string): GuestwrightError {
  return new GuestwrightError(`A VHD cannot have this ${what}`, {
    kind: 'usage',
    code: 'disk-options',
    expected,
    seen,
  });
}

export function readOnly(name: string): GuestwrightError {
  return new GuestwrightError(`The disk image ${name} was opened for reading only`, {
    kind: 'usage',
    code: 'disk-read-only',
    next: 'Open it for writing, or put an overlay before it.',
  });
}

export function tooLarge(name: string): GuestwrightError {
  return new GuestwrightError(`The disk image ${name} has no room for one more block`, {
    kind: 'usage',
    code: 'disk-full',
    expected: 'a file of less than 2 TB: the format counts sectors in 32 bits',
    next: 'Compact it, or convert it to another format.',
  });
}

export interface WantedParent {
  id: string;
  /** Names that the child gives, untrusted. */
  names: readonly string[];
}

export function parentMissing(name: string, { id, names }: WantedParent, looked: readonly string[]): GuestwrightError {
  return new GuestwrightError(`The parent of the differencing disk ${name} is missing`, {
    kind: 'usage',
    code: 'disk-parent-missing',
    expected: `a VHD with the id ${id}, named ${names.map(showName).join(' or ') || '(the disk gives no name)'}`,
    seen: looked.length === 0 ? 'no parent' : looked.join('\n'),
    next: 'Put it beside the disk, or give it with `--parent FILE`.',
  });
}

export function parentWrong(name: string, expected: string, seen: string): GuestwrightError {
  return new GuestwrightError(`This is not the parent of the differencing disk ${name}`, {
    kind: 'usage',
    code: 'disk-parent-wrong',
    expected,
    seen,
    next: 'Give the disk that it was made from with `--parent FILE`.',
  });
}

export function parentChanged(name: string, expected: Date, seen: readonly Date[]): GuestwrightError {
  return new GuestwrightError(`The parent of ${name} was changed after the disk was made from it`, {
    kind: 'usage',
    code: 'disk-parent-changed',
    expected: `a parent of ${expected.toISOString()}`,
    seen: seen.map((date) => date.toISOString()).join(', '),
    next: 'Copying a file also changes its time. If nothing was written to the parent, accept it with `--accept-changed-parent`.',
  });
}

export function parentCycle(name: string, id: string): GuestwrightError {
  return new GuestwrightError(`The differencing disk ${name} is its own parent`, {
    kind: 'usage',
    code: 'disk-parent-cycle',
    expected: 'a chain of parents that ends at a fixed or dynamic disk',
    seen: `the id ${id} a second time`,
  });
}

export function chainTooLong(name: string, most: number): GuestwrightError {
  return new GuestwrightError(`The disk ${name} has too many parents`, {
    kind: 'usage',
    code: 'disk-chain-too-long',
    expected: `${most} disks in a chain at most`,
    next: 'Merge some of them into their parents.',
  });
}

/** @param at bytes on the disk, of the first that is not zero @param size bytes of the disk */
export function losesData(name: string, at: number, size: number): GuestwrightError {
  return new GuestwrightError(`${name} has data in what would be cut off`, {
    kind: 'usage',
    code: 'disk-loses-data',
    seen: `data near byte ${at} of ${size}`,
    next: 'Make the file systems on it smaller first, or ask for it with `--lose-data`.',
  });
}
