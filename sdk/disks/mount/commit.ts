/**
 * Writes what the overlays hold into the image. It can be repeated: the overlays stay as they are until all of it is safely
 * in the image, and writing the same bytes again changes nothing.
 */
import { existsSync } from 'node:fs';
import { FileStorage } from '../storage.js';
import { findImage, openBlocks, type EndableBlocks } from './image.js';
import { overlayExtents } from './overlay.js';
import type { MountFolder, MountRecord } from './record.js';

/** @returns how many bytes differed from what was in the image */
export async function commitOverlays(folder: MountFolder, record: MountRecord): Promise<number> {
  const image = await openBlocks(findImage(record.image), folder, 'write');
  let written = 0;
  try {
    for (const { number, offset, size } of record.partitions) {
      if (existsSync(folder.overlay(number))) written += copyOverlay(folder.overlay(number), { offset, size }, image);
    }
    image.flush();
  } finally {
    await image.end();
  }
  return written;
}

function copyOverlay(path: string, { offset, size }: { offset: number; size: number }, image: EndableBlocks): number {
  const overlay = new FileStorage(path);
  let written = 0;
  try {
    for (const extent of overlayExtents(overlay, size)) {
      const bytes = extent.at === null ? new Uint8Array(extent.length) : overlay.read(extent.at, extent.length);
      // A cluster is mostly what it was; a dynamic image does not grow for what it has already.
      if (Buffer.compare(bytes, image.read(offset + extent.offset, extent.length)) === 0) continue;
      image.write(offset + extent.offset, bytes);
      written += extent.length;
    }
  } finally {
    overlay.close();
  }
  return written;
}
