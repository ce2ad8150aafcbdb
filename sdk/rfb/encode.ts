/** Parts of a screen as a viewer takes them. One of these goes with each viewer: its compressed ones are one stream. */
import { constants, createDeflate, type Deflate } from 'node:zlib';
import type { Region } from '../screen/content.js';
import type { PixelWriter } from './pixel-format.js';
import { viewOf } from './reading.js';
import type { Scroll } from './scroll.js';
import { encodeZrle, type Pixels } from './zrle.js';

export const RAW = 0;
/** What it has at another place already (RFC 6143, 7.7.2). */
export const COPY = 1;
export const ZRLE = 16;

/** Screens of text shrink to a twentieth already at the lowest level, which takes a third of the time of the usual one. */
const LEVEL = 1;

export class Encoder {
  #deflate: Deflate | null = null;
  #out: Buffer[] = [];

  /**
   * What is on the screen now is what is encoded: all of it is read before this waits for anything.
   * @returns rectangles of an update, each with its head
   */
  async encode(screen: Pixels, parts: readonly Region[], encoding: number, writer: PixelWriter): Promise<Uint8Array[]> {
    if (encoding === RAW) return parts.flatMap((part) => [head(part, RAW), encodeRaw(screen, part, writer)]);
    const tiles = parts.map((part) => encodeZrle(screen, part, writer));
    const pieces: Uint8Array[] = [];
    for (const [i, part] of parts.entries()) {
      const compressed = await this.#compress(tiles[i] ?? new Uint8Array(0));
      const length = new Uint8Array(4);
      viewOf(length).setUint32(0, compressed.length);
      pieces.push(head(part, ZRLE), length, compressed);
    }
    return pieces;
  }

  /** All of it comes out: a viewer can read it without what follows. */
  async #compress(bytes: Uint8Array): Promise<Uint8Array> {
    const deflate = (this.#deflate ??= this.#begin());
    deflate.write(bytes);
    await new Promise<void>((resolve) => deflate.flush(constants.Z_SYNC_FLUSH, resolve));
    const all = Buffer.concat(this.#out);
    this.#out = [];
    return all;
  }

  #begin(): Deflate {
    const deflate = createDeflate({ level: LEVEL });
    deflate.on('data', (chunk: Buffer) => this.#out.push(chunk));
    return deflate;
  }

  end(): void {
    this.#deflate?.destroy();
  }
}

/** Rows over the whole width. */
export function moved({ from, to, rows }: Scroll, width: number): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes.set(head({ x: 0, y: to, width, height: rows }, COPY));
  viewOf(bytes).setUint16(14, from);
  return bytes;
}

export function head({ x, y, width, height }: Region, encoding: number): Uint8Array {
  const bytes = new Uint8Array(12);
  const view = viewOf(bytes);
  for (const [i, value] of [x, y, width, height].entries()) view.setUint16(2 * i, value);
  view.setInt32(8, encoding);
  return bytes;
}

function encodeRaw({ pixels, width: stride }: Pixels, part: Region, writer: PixelWriter): Uint8Array {
  const { x, y, width, height } = part;
  const target = new Uint8Array(width * height * writer.bytes);
  let at = 0;
  let word = -1;
  let value = 0;
  for (let line = y; line < y + height; line++) {
    for (let column = x; column < x + width; column++) {
      const next = (pixels[line * stride + column] ?? 0) & 0xffffff;
      if (next !== word) value = writer.value((word = next));
      at = writer.put(target, at, value);
    }
  }
  return target;
}
