/** PNG files: pictures in and out. Lives here because it needs Node's zlib; `sdk/screen` stays web-standard. */
import { PNG } from 'pngjs';
import { constants } from 'node:zlib';
import { GuestwrightError } from '../errors.js';
import type { Picture } from '../screen/picture.js';

/** Larger pictures are refused before anything is allocated for them. */
export const MAX_PNG_SIDE = 8192;

export interface EncodeOptions {
  /** `fast` for what is looked at once; `small` for what is kept, such as goldens. Default `fast`. */
  effort?: 'fast' | 'small';
}

/** A picture as PNG: RGB where every pixel is opaque, else RGBA. The same picture always gives the same bytes. */
export function encodePng(picture: Picture, { effort = 'fast' }: EncodeOptions = {}): Uint8Array {
  const opaque = isOpaque(picture.rgba);
  if (effort === 'fast') return encode(picture, opaque, 1, 0);
  const plain = encode(picture, opaque, 9, 0);
  const filtered = encode(picture, opaque, 9, -1);
  return filtered.length < plain.length ? filtered : plain;
}

/**
 * Reads a PNG of any colour type as RGBA.
 * @param name the file, for messages
 * @throws GuestwrightError `usage/png-invalid`, `usage/png-too-large`
 */
export function decodePng(bytes: Uint8Array, name: string): Picture {
  const size = pngSize(bytes, name);
  if (size.width > MAX_PNG_SIDE || size.height > MAX_PNG_SIDE) {
    throw new GuestwrightError(`${name} is too large a picture`, {
      kind: 'usage',
      code: 'png-too-large',
      expected: `at most ${MAX_PNG_SIDE}x${MAX_PNG_SIDE} pixels`,
      seen: `${size.width}x${size.height} pixels`,
      next: 'use a picture of the size of a screen',
    });
  }
  try {
    const { width, height, data } = PNG.sync.read(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    return { width, height, rgba: new Uint8Array(data.buffer, data.byteOffset, data.length) };
  } catch (error) {
    throw invalid(name, error instanceof Error ? error.message : String(error), error);
  }
}

/** -1: the encoder chooses a filter for each line. */
function encode({ width, height, rgba }: Picture, opaque: boolean, level: number, filter: 0 | -1): Uint8Array {
  const png = new PNG({ width, height });
  png.data = Buffer.from(rgba.buffer, rgba.byteOffset, rgba.length);
  const file = PNG.sync.write(png, {
    colorType: opaque ? 2 : 6,
    inputColorType: 6,
    inputHasAlpha: true,
    filterType: filter,
    deflateLevel: level,
    deflateStrategy: constants.Z_DEFAULT_STRATEGY,
  });
  // A copy: a small Buffer is a part of memory that others share.
  return new Uint8Array(file);
}

function isOpaque(rgba: Uint8Array): boolean {
  for (let i = 3; i < rgba.length; i += 4) if (rgba[i] !== 255) return false;
  return true;
}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** The size in the header, which stands first in every PNG. @throws GuestwrightError `usage/png-invalid` */
export function pngSize(bytes: Uint8Array, name: string): { width: number; height: number } {
  if (bytes.length === 0) throw invalid(name, 'the file is empty');
  if (!SIGNATURE.every((byte, i) => bytes[i] === byte)) throw invalid(name, 'it does not begin with the PNG signature');
  if (bytes.length < 33) throw invalid(name, `the file ends after ${bytes.length} bytes`);
  const header = new DataView(bytes.buffer, bytes.byteOffset, 33);
  if (header.getUint32(12) !== 0x49484452) throw invalid(name, 'its first chunk is not the header');
  const width = header.getUint32(16);
  const height = header.getUint32(20);
  if (width === 0 || height === 0) throw invalid(name, `its size is ${width}x${height}`);
  return { width, height };
}

function invalid(name: string, seen: string, cause?: unknown): GuestwrightError {
  return new GuestwrightError(
    `${name} is not a readable PNG picture`,
    {
      kind: 'usage',
      code: 'png-invalid',
      expected: 'a complete PNG file',
      seen,
      next: 'take the file from version control again, or delete it and run with --update-snapshots=missing',
    },
    { cause },
  );
}
