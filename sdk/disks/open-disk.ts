/** Raw images and VHDs, opened by our own code. */
import { statSync } from 'node:fs';
import type { Blocks } from '../engines/blocks.js';
import { RawBlocks } from './raw-blocks.js';
import type { Recognised } from './recognise.js';
import { FileStorage } from './storage.js';
import { openVhdChain, type Link, type VhdDisk } from './vhd/index.js';

type Links = readonly [Recognised, ...Recognised[]];

/** @param links raw or VHD, as `diskChain` gives them. Closing it closes all of their files. */
export function openDisk(links: Links): Blocks {
  const [top] = links;
  return top.format === 'raw' ? new RawBlocks(new FileStorage(top.path)) : openVhdFiles(links.map(({ path }) => path));
}

/**
 * @param paths the child first. Closing it closes all of them.
 * @throws GuestwrightError as `openVhd`
 */
export function openVhdFiles(
  paths: readonly string[],
  { writable = false, acceptChangedParent = false } = {},
): VhdDisk {
  const links: Link[] = [];
  try {
    for (const [i, path] of paths.entries()) {
      const storage = new FileStorage(path, writable && i === 0 ? 'write' : 'read');
      links.push({ storage, modified: statSync(path).mtime });
    }
  } catch (error) {
    for (const { storage } of links) storage.close();
    throw error;
  }
  const [child, ...parents] = links;
  if (child === undefined) throw new TypeError('a disk is made of one image at least');
  return openVhdChain([child, ...parents], { writable, acceptChangedParent });
}
