/**
 * A disk's overlay as a file: what a guest has written beside a base that is never written.
 * Layout: the 16 bytes `GUESTWRIGHT-OVL1`, then per block a 64-bit little-endian block number and 4096 bytes.
 */
import { existsSync, readFileSync } from 'node:fs';
import { GuestwrightError } from '../../../errors.js';
import { OVERLAY_BLOCK, type Overlay } from '../core/disk.js';

const MAGIC = 'GUESTWRIGHT-OVL1';
const RECORD = 8 + OVERLAY_BLOCK;

export function encodeOverlay(overlay: Overlay): Uint8Array {
  const file = Buffer.alloc(MAGIC.length + overlay.size * RECORD);
  file.write(MAGIC, 'latin1');
  let at = MAGIC.length;
  for (const [number, block] of [...overlay].sort((a, b) => a[0] - b[0])) {
    file.writeBigUInt64LE(BigInt(number), at);
    file.set(block, at + 8);
    at += RECORD;
  }
  return file;
}

/** An overlay that does not exist yet is empty. @throws GuestwrightError `usage/overlay-invalid` */
export function decodeOverlay(path: string): Overlay {
  if (!existsSync(path)) return new Map();
  const file = readFileSync(path);
  const records = (file.length - MAGIC.length) / RECORD;
  if (file.toString('latin1', 0, MAGIC.length) !== MAGIC || !Number.isInteger(records)) {
    throw new GuestwrightError(`The disk overlay ${path} cannot be used`, {
      kind: 'usage',
      code: 'overlay-invalid',
      expected: 'a file that Guestwright wrote as a disk overlay',
      seen: `${file.length} bytes of something else`,
      next: 'name another overlay file, or remove this one to begin with an empty overlay',
    });
  }
  const overlay: Overlay = new Map();
  for (let i = 0; i < records; i++) {
    const at = MAGIC.length + i * RECORD;
    overlay.set(Number(file.readBigUInt64LE(at)), new Uint8Array(file.subarray(at + 8, at + RECORD)));
  }
  return overlay;
}
