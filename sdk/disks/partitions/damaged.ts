import { GuestwrightError } from '../../errors.js';

/** @param where of the table, in one line */
export function partitionsDamaged(image: string, where: string, seen: string): GuestwrightError {
  return new GuestwrightError(`The partition table of ${image} is damaged`, {
    kind: 'usage',
    code: 'partitions-damaged',
    expected: `${where} to lie within the disk and to overlap nothing`,
    seen,
    next: 'repair it with a tool that knows what was in it (sfdisk, gdisk, testdisk), on a copy',
  });
}
