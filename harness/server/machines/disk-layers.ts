/** The layers of a machine's disks in QEMU's format (see sdk/disks/overlay-layers.ts): what is sealed, and what can be merged. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { GuestwrightError } from '../../../sdk/errors.js';
import { isMissing } from '../../../sdk/images/files.js';
import { mergeLayer, overlayLayers, sealLayers } from '../../../sdk/disks/overlay-layers.js';
import { filesIn } from './machine-folder.js';

/** Layers of a disk, above its base, from which on those are merged that are nobody else's. */
export const MANY_LAYERS = 8;

/** A layer as far as it decides what can be merged. */
export interface LayerUse {
  /** Names that the file has: more than one means that others have it too; 0: it is not there yet. */
  links: number;
  /** What merging it would write, at most. */
  bytes: number;
}

/**
 * `last`: what was written to last goes into the layer below it, and that into the next, as far as they are nobody else's.
 * `many`: disks of many layers get fewer.
 */
export type MergeReason = 'last' | 'many';

/**
 * @param layers of a disk, oldest first
 * @returns index of the layer that goes into the one below; null: none, or nothing is to be gained
 */
export function layerToMerge(layers: readonly LayerUse[], reason: MergeReason): number | null {
  const candidates = layers.flatMap(({ links, bytes }, i) =>
    i > 0 && links === 1 && layers[i - 1]?.links === 1 ? [{ index: i, bytes }] : [],
  );
  switch (reason) {
    case 'last':
      return candidates.find(({ index }) => index === layers.length - 1)?.index ?? null;
    case 'many': {
      if (layers.length <= MANY_LAYERS) return null;
      return (
        candidates.reduce<(typeof candidates)[number] | null>(
          (best, one) => (best === null || one.bytes < best.bytes ? one : best),
          null,
        )?.index ?? null
      );
    }
  }
}

/** What its disks are written to, by the paths that its spec has. */
export async function overlaysIn(disks: string): Promise<string[]> {
  const names = (await filesIn(disks)).map((name) => /^(disk\d+\.overlay)(\.\d+|\.layers)?$/.exec(name)?.[1]);
  return [...new Set(names)].filter((name) => name !== undefined).map((name) => join(disks, name));
}

/** Nothing in the folder is written in place any more: it can be shared. */
export async function sealDisks(disks: string): Promise<void> {
  for (const overlay of await overlaysIn(disks)) await sealLayers(overlay);
}

/** The disk that is made of most layers has so many. */
export async function mostLayers(disks: string): Promise<number> {
  const all = await Promise.all((await overlaysIn(disks)).map(layersOf));
  return Math.max(0, ...all.map((layers) => layers.filter(({ links }) => links > 0).length));
}

export async function canMerge(disks: string, reason: MergeReason): Promise<boolean> {
  for (const overlay of await overlaysIn(disks)) {
    if (layerToMerge(await layersOf(overlay), reason) !== null) return true;
  }
  return false;
}

/**
 * Cut short at any point, the disks read as before.
 * @param onProgress told from 0 to 1 of each disk, with its name
 * @throws GuestwrightError `infrastructure/tool-missing`, `infrastructure/tool-failed`; what the signal was aborted with
 */
export async function mergeDisks(
  disks: string,
  reason: MergeReason,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (progress: number, disk: string) => void },
): Promise<void> {
  for (const overlay of await overlaysIn(disks)) {
    const disk = overlay.slice(disks.length + 1).replace(/\.overlay$/, '');
    for (;;) {
      const index = layerToMerge(await layersOf(overlay), reason);
      if (index === null) break;
      const merged = await mergeLayer(overlay, index, {
        signal,
        onProgress: (done, all) => onProgress(done / all, disk),
      });
      if (!merged) break;
    }
  }
}

async function layersOf(overlay: string): Promise<LayerUse[]> {
  const { below, top } = await overlayLayers(overlay);
  const files = await Promise.all([...below, top].map(async (path) => await lstat(path).catch(missing)));
  return files.map((file) => ({ links: file?.nlink ?? 0, bytes: file?.size ?? 0 }));
}

/** @throws GuestwrightError `usage/disk-file-not-own` */
export async function assertOwnFiles(disks: string): Promise<void> {
  const entries = await readdir(disks, { withFileTypes: true });
  const other = entries.find((entry) => !entry.isFile());
  if (other === undefined) return;
  throw new GuestwrightError(`${join(disks, other.name)} is no file of the machine's own`, {
    kind: 'usage',
    code: 'disk-file-not-own',
    expected: 'regular files in the folder of its disks: what they hold is written to',
    seen: other.isSymbolicLink() ? 'a symbolic link' : other.isDirectory() ? 'a folder' : 'something else',
    next: 'put the file itself there, or remove the link',
  });
}

function missing(error: unknown): null {
  if (isMissing(error)) return null;
  throw error;
}
