/** What is said of images and tools that cannot be used. */
import { GuestwrightError } from '../errors.js';
import type { HeaderProblem } from './headers/problem.js';

export function diskMissing(name: string, seen: string): GuestwrightError {
  return new GuestwrightError(`There is no disk image ${name}`, {
    kind: 'usage',
    code: 'file-missing',
    seen,
    next: 'check the path (relative ones start at the working directory)',
  });
}

const REFUSED: Readonly<Record<HeaderProblem['kind'], { code: string; expected: string; next: string }>> = {
  damaged: {
    code: 'disk-damaged',
    expected: 'a header that can be true',
    next: 'bring the image anew, or restore it from a backup',
  },
  'names-other-files': {
    code: 'disk-names-other-files',
    expected: 'an image that is all of its disk, in one file',
    next: 'flatten it where it was made, with the tool that made it: an image from outside must not open files of this host',
  },
  unsupported: {
    code: 'disk-unsupported',
    expected: 'raw, VHD, VHDX, qcow2 (version 2 or 3), or VMDK of one sparse file (monolithicSparse, streamOptimized)',
    next: 'convert it with the tool that made it',
  },
};

export function diskRefused(name: string, format: string, { kind, what }: HeaderProblem): GuestwrightError {
  const { code, expected, next } = REFUSED[kind];
  return new GuestwrightError(`The ${format} image ${name} is not opened`, {
    kind: 'usage',
    code,
    expected,
    seen: what,
    next,
  });
}

export function rawNotWhole(name: string, bytes: number): GuestwrightError {
  return new GuestwrightError(`${name} is not a disk image`, {
    kind: 'usage',
    code: 'disk-not-raw',
    expected: 'an image of a known format, or a raw one: a size that is a multiple of 512 bytes',
    seen: `${bytes} bytes of something else`,
    next: 'pad it to whole sectors, or bring another image',
  });
}

export function targetExists(path: string): GuestwrightError {
  return new GuestwrightError(`${path} is there already`, {
    kind: 'usage',
    code: 'disk-exists',
    expected: 'no file of that name',
    next: 'name another file, or replace this one with --force',
  });
}

export function diskToolMissing(tool: string, debianPackage: string): GuestwrightError {
  return new GuestwrightError(`${tool} is not here, and images of this format are handled by it`, {
    kind: 'infrastructure',
    code: 'tool-missing',
    expected: `${tool} in PATH`,
    seen: `no ${tool}`,
    next: `install it: sudo apt-get install ${debianPackage}`,
  });
}

export function diskToolFailed(tool: string, what: string, seen: string, cause: unknown): GuestwrightError {
  return new GuestwrightError(
    `${tool} could not ${what}`,
    {
      kind: 'infrastructure',
      code: 'tool-failed',
      expected: `${tool} to ${what}`,
      seen,
      next: 'look at what it says, and at the free space; the source is as it was, and nothing half-made was left',
    },
    { cause },
  );
}

export function sizeWrong(bytes: number, seen: string): GuestwrightError {
  return new GuestwrightError('A disk has a size in whole sectors', {
    kind: 'usage',
    code: 'disk-size',
    expected: 'more than 0 bytes, a multiple of 512, at most what the format has',
    seen: `${bytes} bytes${seen}`,
    next: 'give a size such as 10GB or 512MiB',
  });
}

export function unsupportedHere(what: string, format: string, next: string): GuestwrightError {
  return new GuestwrightError(`A ${format} image cannot be ${what} here`, {
    kind: 'usage',
    code: 'disk-unsupported',
    expected: `a format whose images can be ${what}`,
    seen: format,
    next,
  });
}
