/** ZRLE: tiles of 64 by 64 pixels, each in the shortest of several forms, all through one zlib stream (RFC 6143, 7.7.6). */
import type { Region } from '../screen/content.js';
import type { PixelWriter } from './pixel-format.js';

const TILE = 64;
/** Colours of a palette whose pixels are packed, and of one whose pixels are run lengths. */
const PACKED = 16;
const PALETTE = 127;

export interface Pixels {
  /** See {@link ScreenBoard.pixels}. */
  pixels: Uint32Array;
  /** Pixels of a row. */
  width: number;
}

/** A part of the screen, before it is compressed. */
export function encodeZrle(screen: Pixels, part: Region, writer: PixelWriter): Uint8Array {
  const tiles = Math.ceil(part.width / TILE) * Math.ceil(part.height / TILE);
  // No form is chosen that is longer than the raw one.
  const target = new Uint8Array(tiles + part.width * part.height * writer.compactBytes);
  let at = 0;
  for (let y = 0; y < part.height; y += TILE) {
    for (let x = 0; x < part.width; x += TILE) {
      const width = Math.min(TILE, part.width - x);
      const height = Math.min(TILE, part.height - y);
      const tile = readTile(screen, { x: part.x + x, y: part.y + y, width, height }, writer);
      at = writeTile(tile, writer, target, at);
    }
  }
  return target.subarray(0, at);
}

interface Tile {
  width: number;
  height: number;
  /** In the viewer's format. */
  values: Uint32Array;
  runs: number;
  /** Runs of one pixel. */
  singles: number;
  /** Bytes that the lengths of all other runs take. */
  lengths: number;
  /** Its colours in the order in which they come, with their numbers; null: more than a palette holds. */
  palette: Map<number, number> | null;
}

function readTile({ pixels, width: stride }: Pixels, part: Region, writer: PixelWriter): Tile {
  const { x, y, width, height } = part;
  const values = new Uint32Array(width * height);
  const tile: Tile = { width, height, values, runs: 0, singles: 0, lengths: 0, palette: new Map() };
  let word = -1;
  let value = -1;
  let run = 0;
  const end = (): void => {
    if (run === 0) return;
    tile.runs++;
    if (run === 1) tile.singles++;
    else tile.lengths += 1 + Math.floor((run - 1) / 255);
  };
  for (let i = 0, line = 0; line < height; line++) {
    const from = (y + line) * stride + x;
    for (let column = 0; column < width; column++, i++) {
      const next = (pixels[from + column] ?? 0) & 0xffffff;
      if (next !== word) {
        word = next;
        const converted = writer.value(next);
        if (converted !== value) {
          end();
          run = 0;
          value = converted;
          if (tile.palette !== null && !tile.palette.has(value)) {
            if (tile.palette.size === PALETTE) tile.palette = null;
            else tile.palette.set(value, tile.palette.size);
          }
        }
      }
      values[i] = value;
      run++;
    }
  }
  end();
  return tile;
}

function writeTile(tile: Tile, writer: PixelWriter, target: Uint8Array, start: number): number {
  const { width, height, values, palette } = tile;
  const pixel = writer.compactBytes;
  const raw = values.length * pixel;
  const plain = tile.runs * pixel + tile.singles + tile.lengths;
  const colours = palette?.size ?? Infinity;
  const bits = bitsFor(colours);
  const packed = colours <= PACKED ? colours * pixel + height * Math.ceil((width * bits) / 8) : Infinity;
  const indexed = colours * pixel + tile.runs + tile.lengths;
  let at = start;
  if (palette !== null && colours === 1) {
    target[at++] = 1;
    return writer.putCompact(target, at, values[0] ?? 0);
  }
  const least = Math.min(raw, plain, packed, indexed);
  if (least === raw) {
    target[at++] = 0;
    for (const value of values) at = writer.putCompact(target, at, value);
    return at;
  }
  if (palette === null || least === plain) {
    target[at++] = 128;
    return writeRuns(values, target, at, (value, _isSingle, next) => writer.putCompact(target, next, value));
  }
  target[at++] = least === packed ? colours : 128 + colours;
  for (const value of palette.keys()) at = writer.putCompact(target, at, value);
  if (least === packed) return writePacked(tile, palette, bits, target, at);
  const number = (value: number, isSingle: boolean, next: number): number => {
    target[next] = (palette.get(value) ?? 0) | (isSingle ? 0 : 128);
    return next + 1;
  };
  return writeRuns(values, target, at, number, { bareSingles: true });
}

function bitsFor(colours: number): number {
  if (colours <= 2) return 1;
  return colours <= 4 ? 2 : 4;
}

function writePacked(
  { width, height, values }: Tile,
  palette: Map<number, number>,
  bits: number,
  target: Uint8Array,
  start: number,
): number {
  let at = start;
  for (let row = 0; row < height; row++) {
    let byte = 0;
    let used = 0;
    for (let column = 0; column < width; column++) {
      byte = (byte << bits) | (palette.get(values[row * width + column] ?? 0) ?? 0);
      used += bits;
      if (used < 8) continue;
      target[at++] = byte;
      byte = used = 0;
    }
    // A row begins with a byte of its own.
    if (used > 0) target[at++] = byte << (8 - used);
  }
  return at;
}

/**
 * @param head writes what goes before a run's length, and gives where the next goes
 * @param options.bareSingles a run of one pixel has no length
 */
function writeRuns(
  values: Uint32Array,
  target: Uint8Array,
  start: number,
  head: (value: number, isSingle: boolean, at: number) => number,
  { bareSingles = false } = {},
): number {
  let at = start;
  for (let i = 0; i < values.length;) {
    const value = values[i] ?? 0;
    let run = 1;
    while (i + run < values.length && values[i + run] === value) run++;
    i += run;
    at = head(value, run === 1, at);
    if (run === 1 && bareSingles) continue;
    let left = run - 1;
    for (; left >= 255; left -= 255) target[at++] = 255;
    target[at++] = left;
  }
  return at;
}
