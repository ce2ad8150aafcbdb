/** The files that a disk is made of: an overlay, what it lies on, and so on down to the base. */
import { lstatSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GuestwrightError } from '../errors.js';
import { isMissing } from '../images/files.js';
import { recogniseDisk, type DiskFormat, type Recognised } from './recognise.js';
import { findChain } from './vhd/index.js';

/** Longest chain that is followed. */
export const MOST_LINKS = 64;

export interface ChainOptions {
  /** Files that may be the parents of differencing VHDs, besides those in the folder of each. */
  parents?: readonly string[] | undefined;
}

/**
 * The images of a disk, the given one first. Below a qcow2 image lies what it names, if that is the plain name of a file in
 * the same folder; below a VHD, whichever has the id.
 * @throws GuestwrightError as {@link recogniseDisk}, and `usage/disk-parent-missing`, `usage/disk-chain-invalid`,
 *   `usage/disk-names-other-files`
 */
export function diskChain(path: string, { parents = [] }: ChainOptions = {}): [Recognised, ...Recognised[]] {
  const top = recogniseDisk(path);
  if (top.format === 'vhd') {
    return [
      top,
      ...findChain(top.path, parents)
        .slice(1)
        .map((one) => recogniseDisk(one)),
    ];
  }
  const links: [Recognised, ...Recognised[]] = [top];
  for (let last: Recognised = top; ;) {
    const below = backingOf(last);
    if (below === null) return links;
    if (links.length === MOST_LINKS) throw chainInvalid(top.path, `more than ${MOST_LINKS} images`);
    if (links.some((link) => link.path === below.path)) throw chainInvalid(top.path, `${below.path} lies on itself`);
    links.push(below);
    last = below;
  }
}

/** What a qcow2 image lies on; null: nothing. */
function backingOf(link: Recognised): Recognised | null {
  if (link.format !== 'qcow2' || link.header.backing === null) return null;
  const { name, format } = link.header.backing;
  const plain = name.startsWith('./') ? name.slice(2) : name;
  if (!isPlainName(plain)) throw backingElsewhere(link.path, name);
  const path = join(dirname(link.path), plain);
  if (!isFileItself(path)) throw backingMissing(link.path, plain);
  const below = recogniseDisk(path);
  if (format !== below.format || (format !== 'raw' && format !== 'qcow2')) {
    throw backingFormat(link.path, { said: format, seen: below.format });
  }
  return below;
}

/** Neither a path nor anything that QEMU would read as a protocol. */
export function isPlainName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\\:\0]/.test(name);
}

/** Not a link, which might lead anywhere. */
function isFileItself(path: string): boolean {
  try {
    return lstatSync(path).isFile();
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Other images in its folder that lie on `path`: changing it breaks them. Those that cannot be read are left out. */
export function childrenOf(path: string, { except }: { except: string }): string[] {
  const folder = dirname(path);
  const children: string[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const other = join(folder, entry.name);
    if (!entry.isFile() || other === path || other === except) continue;
    if (parentOf(other) === path) children.push(other);
  }
  return children;
}

function parentOf(path: string): string | null {
  try {
    return diskChain(path)[1]?.path ?? null;
  } catch (error) {
    if (error instanceof GuestwrightError) return null;
    throw error;
  }
}

function chainInvalid(path: string, seen: string): GuestwrightError {
  return new GuestwrightError(`The images below ${path} lead to no base`, {
    kind: 'usage',
    code: 'disk-chain-invalid',
    expected: `a chain of at most ${MOST_LINKS} images that ends`,
    seen,
    next: 'restore the images from where they were made',
  });
}

function backingElsewhere(path: string, name: string): GuestwrightError {
  return new GuestwrightError(`The qcow2 image ${path} lies on a file elsewhere`, {
    kind: 'usage',
    code: 'disk-names-other-files',
    expected: 'a backing file in the same folder, by its plain name',
    seen: name,
    next: 'put both into one folder: qemu-img rebase -u -b NAME -F FORMAT IMAGE; or flatten it where it was made',
  });
}

function backingMissing(path: string, name: string): GuestwrightError {
  return new GuestwrightError(`What ${path} lies on is not there`, {
    kind: 'usage',
    code: 'disk-parent-missing',
    expected: `the file ${name} in its folder (a link is not followed)`,
    seen: 'no such file',
    next: 'bring the file',
  });
}

function backingFormat(path: string, { said, seen }: { said: string | null; seen: DiskFormat }): GuestwrightError {
  return new GuestwrightError(`What ${path} lies on is not what it says`, {
    kind: 'usage',
    code: 'disk-chain-invalid',
    expected: said === null ? 'an image that says the format of its backing file' : `a backing file that is ${said}`,
    seen: `an image that is ${seen}`,
    next: `if that is right, say so: qemu-img rebase -u -b NAME -F ${seen} IMAGE (raw and qcow2 only)`,
  });
}
