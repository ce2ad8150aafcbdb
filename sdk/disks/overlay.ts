/** What becomes of overlays: merged into what they lie on, or emptied. */
import { GuestwrightError } from '../errors.js';
import { childrenOf, diskChain, type ChainOptions } from './chain.js';
import { createOverlay } from './create.js';
import { copyOptions, type DiskProgress } from './copy-disk.js';
import { openVhdFiles } from './open-disk.js';
import { diskArgument, qemuImg } from './qemu-img.js';
import type { Recognised } from './recognise.js';
import { mergeVhd } from './vhd/index.js';

export interface OverlayWork extends ChainOptions {
  /** Also where other images in the folder lie on what changes, and are broken by it. */
  breakChildren?: boolean | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: DiskProgress | undefined;
}

/**
 * Writes what an overlay holds into what it lies on, and empties it: both then read as the overlay did. Cut short, it has
 * only begun: the overlay is emptied when all has been written and flushed, so it can be done again.
 * @returns path of what it lies on
 * @throws GuestwrightError `usage/disk-no-overlay`, `usage/disk-has-children`, and as `diskChain`
 */
export async function mergeOverlay(path: string, options: OverlayWork = {}): Promise<string> {
  const { signal, onProgress } = options;
  const links = diskChain(path, options);
  const [child, parent] = links;
  if (parent === undefined) throw noOverlay(path);
  refuseChildren(parent.path, child, options);
  if (child.format === 'vhd') {
    await mergeVhdFiles(links, options);
    await emptied(child, parent, options);
    return parent.path;
  }
  await qemuImg(['commit', '-p', '-t', 'writeback', diskArgument(links)], `merge ${path}`, {
    signal,
    onPercent: (percent) => onProgress?.(Math.round((child.size * percent) / 100), child.size),
  });
  return parent.path;
}

async function mergeVhdFiles(
  links: readonly Recognised[],
  { signal, onProgress }: Pick<OverlayWork, 'signal' | 'onProgress'>,
): Promise<void> {
  const paths = links.map(({ path }) => path);
  // A merge that was cut short has changed the parent already.
  const child = openVhdFiles(paths, { acceptChangedParent: true });
  try {
    const parent = openVhdFiles(paths.slice(1), { writable: true });
    try {
      await mergeVhd(child, parent, copyOptions({ signal, onProgress }));
    } finally {
      parent.close();
    }
  } finally {
    child.close();
  }
}

/**
 * Forgets what an overlay holds: it reads as what it lies on.
 * @returns path of what it lies on
 * @throws GuestwrightError as {@link mergeOverlay}
 */
export async function discardOverlay(path: string, options: OverlayWork = {}): Promise<string> {
  const [child, parent] = diskChain(path, options);
  if (parent === undefined) throw noOverlay(path);
  refuseChildren(child.path, child, options);
  await emptied(child, parent, options);
  return parent.path;
}

/** An empty one takes its place. */
async function emptied(child: Recognised, parent: Recognised, { signal, parents }: OverlayWork): Promise<void> {
  await createOverlay(child.path, parent.path, { force: true, signal, parents });
}

function refuseChildren(changed: string, child: Recognised, { breakChildren = false }: OverlayWork): void {
  const children = breakChildren ? [] : childrenOf(changed, { except: child.path });
  if (children.length > 0) throw hasChildren(changed, children);
}

export function hasChildren(path: string, children: readonly string[]): GuestwrightError {
  return new GuestwrightError(`Other images lie on ${path}: what they hold would fit it no longer`, {
    kind: 'usage',
    code: 'disk-has-children',
    expected: 'no other image in its folder that lies on it',
    seen: children.join('\n'),
    next: 'convert those to whole images first; or give them up with --yes',
  });
}

function noOverlay(path: string): GuestwrightError {
  return new GuestwrightError(`${path} lies on nothing`, {
    kind: 'usage',
    code: 'disk-no-overlay',
    expected: 'a differencing VHD, or a qcow2 image with a backing file',
    seen: 'an image that is all of its disk',
    next: '"guestwright disk chain" shows what a disk is made of',
  });
}
