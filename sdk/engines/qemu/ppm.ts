/** Binary PPM (P6), the format in which QEMU dumps a screen fastest: a short header, then three bytes a pixel. */

export interface RgbPicture {
  readonly width: number;
  readonly height: number;
  /** Three bytes a pixel, rows from the top. */
  readonly rgb: Uint8Array;
}

/** More than any header that QEMU writes. */
const HEADER_BYTES = 64;

/** @returns null when the bytes are no whole P6 picture with 8 bits a colour */
export function decodePpm(bytes: Uint8Array): RgbPicture | null {
  const start = String.fromCharCode(...bytes.subarray(0, HEADER_BYTES));
  const header = /^P6\s+(\d{1,5})\s+(\d{1,5})\s+255\s/.exec(start);
  if (header === null) return null;
  const width = Number(header[1]);
  const height = Number(header[2]);
  const rgb = bytes.subarray(header[0].length);
  return rgb.length === 3 * width * height ? { width, height, rgb } : null;
}

export function toRgba({ width, height, rgb }: RgbPicture): Uint8Array {
  const pixels = new Uint32Array(width * height);
  for (let i = 0, from = 0; i < pixels.length; i++, from += 3) {
    pixels[i] = ((rgb[from] ?? 0) | ((rgb[from + 1] ?? 0) << 8) | ((rgb[from + 2] ?? 0) << 16) | 0xff000000) >>> 0;
  }
  return new Uint8Array(pixels.buffer);
}

/** Whether all pixels have one colour and that is black. */
export function isBlack({ rgb }: RgbPicture): boolean {
  return rgb.every((byte) => byte === 0);
}
