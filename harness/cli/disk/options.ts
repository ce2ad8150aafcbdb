/** What the commands on disks have in common. */
import { Option } from 'commander';
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

const BINARY: Readonly<Record<string, number>> = { KIB: 2 ** 10, MIB: 2 ** 20, GIB: 2 ** 30, TIB: 2 ** 40 };
const SECTOR = 512;

/** The size of a disk: with a unit it is rounded up to whole sectors, without one it is taken as it is. */
export function parseDiskSize(text: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s*([KMGT]iB)$/i.exec(text) ?? [];
  const factor = BINARY[unit.toUpperCase()];
  const bytes = number === undefined || factor === undefined ? parseSize(text) : Number(number) * factor;
  return /[a-z]/i.test(text) ? Math.ceil(bytes / SECTOR) * SECTOR : bytes;
}
