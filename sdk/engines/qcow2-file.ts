/** qcow2 images as bases of disks: told by how they begin, and taken only if they are all that they are. */
import { open } from 'node:fs/promises';
import { GuestwrightError } from '../errors.js';
import { isQcow2, namesNoFile, QCOW2_HEADER_BYTES } from './qemu/qcow2.js';

const SECTOR = 512;

/**
 * The size of the disk in a qcow2 image, bytes; null for a file of another kind.
 * @param name for messages
 * @throws GuestwrightError `usage/disk-not-whole` for an image that names other files: QEMU would open them, whatever they are
 */
export async function qcow2Size(path: string, name: string): Promise<number | null> {
  const file = await open(path);
  try {
    const header = new Uint8Array(QCOW2_HEADER_BYTES);
    const { bytesRead } = await file.read(header, 0, header.length, 0);
    if (!isQcow2(header.subarray(0, bytesRead))) return null;
    const size = Number(new DataView(header.buffer).getBigUint64(24));
    if (bytesRead === header.length && namesNoFile(header) && Number.isSafeInteger(size) && size % SECTOR === 0) {
      return size;
    }
  } finally {
    await file.close();
  }
  throw new GuestwrightError(`${name} is not a whole qcow2 image`, {
    kind: 'usage',
    code: 'disk-not-whole',
    expected: 'a qcow2 image (version 3) that holds all of its disk',
    seen: 'an image that names another file, such as a backing file, or one of another version',
    next: 'flatten it: qemu-img convert -O qcow2 <image> <whole image>',
  });
}
