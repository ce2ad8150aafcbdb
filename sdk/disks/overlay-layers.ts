/**
 * What a machine has written to a disk: qcow2 images, each over the one before, next to each other. Only the last is written
 * to. The others are sealed: they stay as they are, and may be layers of other machines' disks too, under names of their own.
 *
 *     disk0.overlay           the only layer, or one of several
 *     disk0.overlay.2         another
 *     disk0.overlay.layers    {"version":1,"layers":["disk0.overlay","disk0.overlay.2"]}; absent: the first only
 *
 * The list is replaced in one step: whatever ends the work, a disk is as before or as after. What it does not name is left
 * over, and goes at the next change. The last layer may be missing: nothing has been written to it. Nothing here counts on who
 * made the files: names, kinds and headers are checked, and what a header names is never opened.
 */
import { chmod, lstat, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { GuestwrightError } from '../errors.js';
import { exists, isMissing } from '../images/files.js';
import type { DiskProgress } from './copy-disk.js';
import { readQcow2Header, type Qcow2Header } from './headers/qcow2.js';
import { emptyQcow2Bytes } from './qcow2.js';
import { qemuImg } from './qemu-img.js';
import { formatOf, openImage } from './recognise.js';

/** Longest list that is read: each layer is a file that stays open while the machine runs. */
export const MOST_LAYERS = 64;
const MOST_LIST_BYTES = 64 * 1024;

const listSchema = z.strictObject({ version: z.literal(1), layers: z.array(z.string()).min(1).max(MOST_LAYERS) });

export interface OverlayLayers {
  /** Sealed ones, oldest first. */
  below: string[];
  /** Is written to; may be missing. */
  top: string;
}

/** @param overlay its path, as a spec names it. @throws GuestwrightError `usage/overlay-layers-invalid` */
export async function overlayLayers(overlay: string): Promise<OverlayLayers> {
  const names = await readList(overlay);
  const paths = names.map((name) => join(dirname(overlay), name));
  const below = paths.slice(0, -1);
  const top = paths.at(-1) ?? overlay;
  for (const path of below) await assertLayer(path);
  if (names.length > 1 && (await isThere(top))) await assertLayer(top);
  if (names.length === 1 && (await exists(top))) refuseOtherFiles(top);
  return { below, top };
}

/**
 * Nothing that is there is written to any more: what is written next goes to a new layer. One with nothing in it is removed
 * instead, which reads the same.
 */
export async function sealLayers(overlay: string): Promise<void> {
  const { below, top } = await overlayLayers(overlay);
  if (!(await isThere(top))) return;
  const { size } = await assertLayer(top);
  if ((await lstat(top)).size <= emptyQcow2Bytes(size)) {
    await rm(top);
    return;
  }
  await writeList(overlay, [...below, top, join(dirname(overlay), await freeName(overlay))]);
  await allow(top, 0o400);
}

/**
 * Other layers take the place of all that are there.
 * @param place makes the file of one, oldest first
 */
export async function replaceLayers(
  overlay: string,
  count: number,
  place: (index: number, path: string) => Promise<void>,
): Promise<void> {
  if (count === 1 && !(await isThere(listOf(overlay)))) {
    const beside = `${overlay}.guestwright-new`;
    try {
      await place(0, beside);
      await rename(beside, overlay);
    } finally {
      await rm(beside, { force: true });
    }
    return;
  }
  const first = Number((await freeName(overlay)).split('.').at(-1));
  const paths = Array.from({ length: count }, (_, i) => `${overlay}.${first + i}`);
  for (const [i, path] of paths.entries()) {
    await place(i, path);
    if (i < count - 1) await allow(path, 0o400);
  }
  await writeList(overlay, paths);
}

/**
 * Writes a layer into the one below, which takes its place. Cut short at any point, the disk reads as before: what was
 * written below lies behind what it was read from.
 * @param index of the upper one. Nobody else may have either of them
 * @returns false: their shapes differ, they stay as they are
 * @throws GuestwrightError `infrastructure/tool-missing`, `infrastructure/tool-failed`; what the signal was aborted with
 */
export async function mergeLayer(
  overlay: string,
  index: number,
  { signal, onProgress }: { signal?: AbortSignal | undefined; onProgress?: DiskProgress | undefined } = {},
): Promise<boolean> {
  const { below, top } = await overlayLayers(overlay);
  const paths = [...below, top];
  const [lower, upper] = [paths[index - 1], paths[index]];
  if (lower === undefined || upper === undefined)
    throw new RangeError(`${overlay} has no layers ${index - 1}, ${index}`);
  const [over, under] = [await assertLayer(upper), await assertLayer(lower)];
  // Clusters of the same size are written as a whole: nothing has to be read from below them, which is not opened.
  if (over.size !== under.size || over.clusterBytes !== under.clusterBytes) return false;
  await allow(lower, 0o600);
  const nothing = { driver: 'null-co', size: under.size, 'read-zeroes': true };
  const node = qcow2Node(upper, qcow2Node(lower, nothing));
  await qemuImg(['commit', '-p', '-d', '-t', 'writeback', `json:${JSON.stringify(node)}`], `merge ${upper}`, {
    signal,
    onPercent: (percent) => onProgress?.(Math.round((over.size * percent) / 100), over.size),
    endsWithUs: true,
  });
  await flushed(lower);
  const left = paths.filter((path) => path !== upper);
  await writeList(overlay, left);
  if (index < paths.length - 1) await allow(lower, 0o400);
  return true;
}

function qcow2Node(filename: string, backing: Record<string, unknown>): Record<string, unknown> {
  return { driver: 'qcow2', file: { driver: 'file', filename }, backing };
}

const listOf = (overlay: string): string => `${overlay}.layers`;

/** `disk0.overlay`, or `disk0.overlay.7`. */
function isLayerName(name: string, overlay: string): boolean {
  const first = basename(overlay);
  return name === first || (name.startsWith(`${first}.`) && /^[1-9]\d{0,8}$/.test(name.slice(first.length + 1)));
}

/** Names, oldest first. */
async function readList(overlay: string): Promise<string[]> {
  const path = listOf(overlay);
  const there = await lstat(path).catch((error: unknown) => {
    if (isMissing(error)) return null;
    throw error;
  });
  if (there === null) return [basename(overlay)];
  if (!there.isFile() || there.size > MOST_LIST_BYTES) throw layersInvalid(path, 'something else');
  const read = listSchema.safeParse(parsed(await readFile(path, 'utf8')));
  if (!read.success) throw layersInvalid(path, z.prettifyError(read.error));
  const { layers } = read.data;
  const wrong = layers.find((name, i) => !isLayerName(name, overlay) || layers.indexOf(name) !== i);
  if (wrong !== undefined) throw layersInvalid(path, `the name ${wrong}`);
  return layers;
}

async function writeList(overlay: string, paths: readonly string[]): Promise<void> {
  const names = paths.map((path) => basename(path));
  const list = listOf(overlay);
  if (names.length === 1 && names[0] === basename(overlay)) await rm(list, { force: true });
  else {
    const beside = `${list}.part`;
    await writeFile(beside, `${JSON.stringify({ version: 1, layers: names })}\n`);
    // A list that a power cut of the host has left empty would be a disk that is lost.
    await flushed(beside);
    await rename(beside, list);
  }
  await flushed(dirname(overlay));
  for (const name of await readdir(dirname(overlay))) {
    if (isLayerName(name, overlay) && !names.includes(name)) await rm(join(dirname(overlay), name));
  }
}

/** Of no layer that is there or has been listed. */
async function freeName(overlay: string): Promise<string> {
  const names = [...(await readdir(dirname(overlay))), ...(await readList(overlay))];
  const numbers = names
    .filter((name) => isLayerName(name, overlay))
    .map((name) => Number(name.slice(basename(overlay).length + 1)));
  return `${basename(overlay)}.${Math.max(1, ...numbers) + 1}`;
}

/** A file itself, no link to one, which needs no other file. @throws GuestwrightError `usage/overlay-layers-invalid` */
async function assertLayer(path: string): Promise<Qcow2Header> {
  const there = await lstat(path).catch((error: unknown) => {
    if (isMissing(error)) throw layersInvalid(path, 'no such file');
    throw error;
  });
  if (!there.isFile()) throw layersInvalid(path, 'no regular file');
  const storage = openImage(path);
  try {
    if (formatOf(storage) !== 'qcow2') throw layersInvalid(path, 'no qcow2 image');
    const header = readQcow2Header(storage);
    if ('kind' in header) throw layersInvalid(path, header.what);
    return header;
  } finally {
    storage.close();
  }
}

/** Of an overlay without a list, which may be a link of the user's, or of another engine's kind. */
function refuseOtherFiles(path: string): void {
  const storage = openImage(path);
  try {
    if (formatOf(storage) !== 'qcow2') return;
    const header = readQcow2Header(storage);
    if ('kind' in header && header.kind === 'names-other-files') throw layersInvalid(path, header.what);
  } finally {
    storage.close();
  }
}

/** Whoever else owns the file decides that. */
async function allow(path: string, mode: number): Promise<void> {
  await chmod(path, mode).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) throw error;
  });
}

async function flushed(path: string): Promise<void> {
  await using file = await open(path);
  await file.sync();
}

/** Even as a link that leads nowhere. */
async function isThere(path: string): Promise<boolean> {
  return (await exists(path)) || (await lstat(path).catch(() => null)) !== null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function layersInvalid(path: string, seen: string): GuestwrightError {
  return new GuestwrightError(`${path} is not what a disk of a machine is made of`, {
    kind: 'usage',
    code: 'overlay-layers-invalid',
    expected: 'qcow2 images in one folder, and the list of them, as Guestwright writes them',
    seen,
    next: 'restore the files from where the folder was copied; nothing was changed',
  });
}
