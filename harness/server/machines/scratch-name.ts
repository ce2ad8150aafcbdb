/** Names of machines that are made for a scenario: `web.run-1f0c22ab`. */
import { randomBytes } from 'node:crypto';

/** So that the whole is a machine's name: one that is longer is cut, and only who may see every machine sees its copies. */
const MOST = 63 - '.run-01234567'.length;

/** A name of its own, next to the machine's in every list. */
export function scratchName(of: string): string {
  return `${of.slice(0, MOST)}.run-${randomBytes(4).toString('hex')}`;
}

/** The machine that it was made of; null: it was not. */
export function scratchOrigin(name: string): string | null {
  return /^(.+)\.run-[0-9a-f]{8}$/.exec(name)?.[1] ?? null;
}
