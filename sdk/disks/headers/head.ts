/** Pieces of an image that nothing is known of yet: what is not there reads as absent, never as an error. */
import type { Storage } from '../storage.js';

/** The bytes there; null: the image ends before. */
export function viewAt(storage: Storage, offset: number, length: number): DataView | null {
  if (!Number.isSafeInteger(offset) || offset < 0 || offset + length > storage.size()) return null;
  const bytes = storage.read(offset, length);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** As many bytes of it as there are. */
export function bytesAt(storage: Storage, offset: number, most: number): Uint8Array {
  if (!Number.isSafeInteger(offset) || offset < 0) return new Uint8Array();
  return storage.read(Math.min(offset, storage.size()), Math.max(0, Math.min(most, storage.size() - offset)));
}

/** @returns lower-case hex */
export function hexOf(view: DataView, offset: number, length: number): string {
  let hex = '';
  for (let i = 0; i < length; i++)
    hex += view
      .getUint8(offset + i)
      .toString(16)
      .padStart(2, '0');
  return hex;
}

/** Characters of a byte each. */
export function textAt(view: DataView, offset: number, length: number): string {
  return String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + offset, length));
}
