/**
 * Disks whose format an engine does not read, as raw images in the cache: each is made once. Nothing removes them: the
 * folder `disks` of the cache may be removed at any time at which no machine runs.
 */
import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { GuestwrightError } from '../errors.js';
import { cacheFolder, digestOfFile, isMissing, sha256 } from '../images/files.js';
import { writeDisk } from './convert.js';
import type { Recognised } from './recognise.js';
import { writeBeside } from './write-beside.js';

type Links = readonly [Recognised, ...Recognised[]];

/** SHA-256 over all files of a disk; of a disk in one file, the file's own. Lower-case hex. */
export async function chainDigest(links: Links): Promise<string> {
  const digests: string[] = [];
  for (const { path } of links) digests.push((await digestOfFile(path)).sha256);
  const [only = ''] = digests;
  return digests.length === 1 ? only : sha256(digests.join('\n'));
}

/**
 * @param digest of `links`, as {@link chainDigest} gives it
 * @returns path of the raw image, which is not to be written to
 * @throws GuestwrightError as `writeDisk` and `writeBeside`; `infrastructure/disk-changed`
 */
export async function flatDisk(links: Links, digest: string): Promise<string> {
  const path = join(cacheFolder(), 'disks', `${digest}.raw`);
  if (await isWhole(path, links[0].size)) return path;
  await mkdir(dirname(path), { recursive: true });
  await writeBeside(path, { force: true }, async (beside) => {
    await writeDisk(links, beside, { format: 'raw' });
    // By its name it would be taken for what it is not, for ever.
    if ((await chainDigest(links)) !== digest) throw changed(links[0].path);
  });
  return path;
}

async function isWhole(path: string, size: number): Promise<boolean> {
  try {
    return (await stat(path)).size === size;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

function changed(path: string): GuestwrightError {
  return new GuestwrightError(`${path} was changed while it was read`, {
    kind: 'infrastructure',
    code: 'disk-changed',
    expected: 'an image that nobody writes to',
    seen: 'another content than before',
    next: 'end what writes to it, then launch the machine again',
  });
}
