/** What the commands on disks have in common. */
import { InvalidArgumentError, Option } from 'commander';
import { parseSize } from '../store.js';

/** Not taken from the SDK: help must answer at once. */
export const FORMATS = ['raw', 'vhd', 'vhdx', 'qcow2', 'vmdk'] as const;
export type Format = (typeof FORMATS)[number];

export const print = (line: string) => void process.stdout.write(`${line}\n`);

export const formatOption = () =>
  new Option('-f, --format <format>', 'the format (default: by the ending of the name)').choices(FORMATS);

export const typeOption = () =>
  new Option('-t, --type <type>', 'fixed: all of it is allocated at once; dynamic: it grows').choices([
    'fixed',
    'dynamic',
  ]);

export const parentsOption = () =>
  new Option(
    '--parent <file>',
    'a file that may be the parent of a differencing VHD, besides those in its folder; may be repeated',
  )
    .default([] as string[], 'none')
    .argParser((file: string, before: string[]) => [...before, file]);

/** Whole bytes. */
export function parseBytes(text: string): number {
  const bytes = parseSize(text);
  if (!Number.isSafeInteger(bytes)) throw new InvalidArgumentError('It is to be a size in whole bytes.');
  return bytes;
}
