/** A machine's spec of the options of `guestwright machine create`. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { GuestwrightError } from '../../../sdk/errors.js';

type Options = Readonly<Record<string, string | boolean | undefined>>;

/** @throws GuestwrightError `usage/spec-file-invalid` */
export async function specOf(options: Options): Promise<Record<string, unknown>> {
  const { engine, memory, cdrom, floppy, disk, spec } = options;
  return {
    ...(typeof spec === 'string' ? await readSpec(spec) : {}),
    ...(typeof engine === 'string' ? { engine } : {}),
    ...(typeof memory === 'string' ? { memory: numberOr(memory) } : {}),
    ...(typeof cdrom === 'string' ? { cdrom: placeOf(cdrom) } : {}),
    ...(typeof floppy === 'string' ? { floppy: placeOf(floppy) } : {}),
    ...(typeof disk === 'string'
      ? { disks: [/^\d+$/.test(disk) ? { sizeMb: Number(disk) } : { path: placeOf(disk) }] }
      : {}),
  };
}

/** The daemon is somewhere else: a file that is here is named in full. */
export function placeOf(reference: string): string {
  return existsSync(reference) ? resolve(reference) : reference;
}

/** What is no number is said so by the host, with its field. */
function numberOr(text: string): number | string {
  return /^\d+$/.test(text) ? Number(text) : text;
}

async function readSpec(file: string): Promise<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw specInvalid(file, error instanceof Error ? error.message : String(error));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw specInvalid(file, typeof value);
  return { ...value };
}

function specInvalid(file: string, seen: string): GuestwrightError {
  return new GuestwrightError(`${file} holds no spec`, {
    kind: 'usage',
    code: 'spec-file-invalid',
    expected: 'a JSON object with the fields of a machine spec',
    seen,
  });
}
