/** What a differencing disk is read through to, and whether it is what the disk was made from. */
import type { Blocks } from '../../engines/blocks.js';
import { chainTooLong, parentChanged, parentCycle, parentMissing, parentWrong } from './errors.js';
import type { Extent } from './extents.js';
import { secondsOf } from './format.js';
import type { VhdInfo, VhdParentInfo } from './read-vhd.js';

/** Disks in a chain, the child included. */
export const MAX_CHAIN = 64;

/** A disk that a differencing one may be made from: a VHD, or any other with an id. */
export interface VhdParent extends Blocks {
  /** Lower-case UUID. */
  readonly id: string;
  readonly created?: Date | undefined;
  /** When its file was changed last. */
  readonly modified?: Date | undefined;
  /** Ids of the disks that it is read from, its own first. */
  readonly chain?: readonly string[];
  dataExtents?(): Iterable<Extent>;
}

/** @returns null: the disk needs none @throws GuestwrightError see `openVhd` */
export function checkParent(
  name: string,
  { parent: wanted, size, id }: VhdInfo,
  { parent, acceptChangedParent = false }: { parent?: VhdParent; acceptChangedParent?: boolean },
): VhdParent | null {
  if (wanted === null) {
    if (parent !== undefined)
      throw parentWrong(name, 'no parent: it is no differencing disk', `the parent ${parent.id}`);
    return null;
  }
  if (wanted.id === id) throw parentCycle(name, id);
  if (parent === undefined) throw parentMissing(name, { id: wanted.id, names: namesOf(wanted) }, []);
  if (parent.id !== wanted.id) throw parentWrong(name, `a disk with the id ${wanted.id}`, `the id ${parent.id}`);
  if (parent.size !== size) throw parentWrong(name, `a disk of ${size} bytes`, `${parent.size} bytes`);
  const chain = parent.chain ?? [parent.id];
  if (chain.includes(id)) throw parentCycle(name, id);
  if (chain.length >= MAX_CHAIN) throw chainTooLong(name, MAX_CHAIN);
  if (!acceptChangedParent) checkTime(name, wanted, parent);
  return parent;
}

/**
 * The specification has the parent's time of modification in the child. Virtual Server takes the file's time, others the one
 * in the parent's footer: either will do.
 */
function checkTime(name: string, { modified }: VhdParentInfo, parent: VhdParent): void {
  if (modified === null) return;
  const known = [parent.modified, parent.created].filter((date) => date !== undefined);
  if (known.length === 0 || known.some((date) => secondsOf(date) === secondsOf(modified))) return;
  throw parentChanged(name, modified, known);
}

/** The names by which a child knows its parent, without the folders that they are said to be in; none twice. */
export function namesOf({ name, locators }: VhdParentInfo): string[] {
  const bases = [...locators.map(({ path }) => path), name].map((path) => path.split(/[\\/:]/).at(-1) ?? '');
  return [...new Set(bases.filter((base) => base !== '' && base !== '.' && base !== '..' && !base.includes('\0')))];
}
