/** The cache of guest images: what is in it, and whether it can take more. */
import { access, constants, mkdir, statfs } from 'node:fs/promises';
import { cacheFolder, listImages } from '../../../sdk/images/index.js';
import type { Finding } from './report.js';

/** A guest image with its packages, while it is being built. */
const NEEDED_BYTES = 1 << 30;

export async function cacheCheck(): Promise<Finding> {
  const name = 'cache folder';
  const folder = cacheFolder();
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { name, status: 'missing', detail, next: 'make it writable, or name another: GUESTWRIGHT_CACHE=<folder>' };
  }
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const detail = `${folder}, ${(free / 2 ** 30).toFixed(1)} GB free`;
  if (free >= NEEDED_BYTES) return { name, status: 'ok', detail };
  const next = 'free 1 GB there, or name another folder: GUESTWRIGHT_CACHE=<folder>';
  return { name, status: 'missing', detail, next };
}

export async function imagesCheck(): Promise<Finding> {
  const name = 'images';
  const images = await listImages();
  const names = (cached: boolean) => images.filter((image) => image.cached === cached).map((image) => image.name);
  const [built, rest] = [names(true), names(false)];
  if (rest.length === 0) return { name, status: 'ok', detail: `built: ${built.join(', ')}` };
  const later = `the others when a scenario needs them: ${rest.join(', ')}`;
  if (built.length > 0) return { name, status: 'ok', detail: `built: ${built.join(', ')}; ${later}` };
  return { name, status: 'optional', detail: `none yet; ${later}`, next: `guestwright images build ${rest[0] ?? ''}` };
}
