/** Chains of differencing disks, whose storages are all at hand. */
import type { Storage } from '../storage.js';
import { openVhd, type OpenOptions, type VhdDisk } from './disk.js';
import { chainTooLong } from './errors.js';
import { MAX_CHAIN } from './parent.js';

export interface Link {
  storage: Storage;
  /** When its file was changed last, where that is known. */
  modified?: Date;
}

/**
 * @param links the child first, then its parent, to the disk that has none; only the child is written to. They are closed when
 * the disk is, and also when it cannot be opened
 * @throws GuestwrightError see {@link openVhd}
 */
export function openVhdChain(
  links: readonly [Link, ...Link[]],
  options: Pick<OpenOptions, 'writable' | 'acceptChangedParent'> = {},
): VhdDisk {
  const [child, ...parents] = links;
  const { acceptChangedParent = false, writable = false } = options;
  const shared = { acceptChangedParent };
  try {
    if (links.length > MAX_CHAIN) throw chainTooLong(child.storage.name, MAX_CHAIN);
    let parent: VhdDisk | undefined;
    for (const link of parents.reverse()) parent = open(link, { ...shared, ...(parent !== undefined && { parent }) });
    return open(child, { ...shared, writable, ...(parent !== undefined && { parent }) });
  } catch (error) {
    for (const { storage } of links) storage.close();
    throw error;
  }
}

function open({ storage, modified }: Link, options: OpenOptions): VhdDisk {
  return openVhd(storage, { ...options, ...(modified !== undefined && { modified }) });
}
