/**
 * Text that is blended with the picture behind it, as syslinux's menus have it: its ink has no one colour, but in every
 * cell all of it is brighter, or all of it darker, than all that is behind it. Wherever that makes a shape of a font,
 * pixel for pixel, it is as exact as one colour is; it takes more letters to be believed, and only small fonts count:
 * among tens of thousands of shapes there is one for many an accident.
 */
import { BLANK, UNKNOWN } from './cells.js';
import type { Pixels } from './detect.js';
import { makeInk, type Ink } from './ink.js';
import type { Line } from './line.js';
import { findPlacements } from './placements.js';
import { HASH_STEP, type ShapeTable } from './shapes.js';

/** Ink and what is behind it are at least so far apart, of 255. */
const MIN_GAP = 20;
/** Gaps that are tried in a cell: shadows make a second one. */
const GAPS_TO_TRY = 3;
/** A phase needs so many letters, and so many different ones. */
const MIN_PLACEMENTS = 5;
const MIN_SHAPES = 4;
const MIN_STEMS = 20;
const PHASES_TO_TRY = 3;

/** Lines on the grids that letters were found on, in the rows of pixels `top` to `bottom`. */
export function findBlendedLines(picture: Pixels, top: number, bottom: number, tables: readonly ShapeTable[]): Line[] {
  const small = tables.filter(({ smallFonts }) => smallFonts !== 0);
  if (small.length === 0) return [];
  const luma = lumaOf(picture, top, bottom);
  const inks = thresholdInks(luma, picture.width, top, bottom);
  const lines: Line[] = [];
  for (const table of small) {
    const fonts = table.smallFonts;
    const placements = inks
      .flatMap((ink) => findPlacements(ink, picture.width, top, bottom, table))
      .filter(({ shape }) => ((table.inFonts[shape] ?? 0) & fonts) !== 0);
    const phases = new Map<number, { x: number; y: number; count: number; shapes: Set<number> }>();
    for (const { x, y, shape } of placements) {
      const key = (y % table.height) * table.width + (x % table.width);
      const phase = phases.get(key) ?? { x: x % table.width, y: y % table.height, count: 0, shapes: new Set() };
      phase.count++;
      phase.shapes.add(shape);
      phases.set(key, phase);
    }
    const likely = [...phases.values()]
      .filter(({ count, shapes }) => count >= MIN_PLACEMENTS && shapes.size >= MIN_SHAPES)
      .sort((a, b) => b.count - a.count)
      .slice(0, PHASES_TO_TRY);
    for (const { x, y } of likely) {
      const reader = new BlendedReader(picture, luma, table, fonts);
      for (let at = y; at + table.height <= bottom; at += table.height) if (at >= top) lines.push(reader.read(x, at));
    }
  }
  return lines;
}

/** Brightness of every pixel, 0 to 255. */
function lumaOf({ pixels, width }: Pixels, top: number, bottom: number): Uint32Array {
  const luma = new Uint32Array(pixels.length);
  for (let i = top * width; i < bottom * width; i++) {
    const pixel = pixels[i] ?? 0;
    luma[i] = ((pixel & 0xff) * 77 + ((pixel >>> 8) & 0xff) * 151 + ((pixel >>> 16) & 0xff) * 28) >>> 8;
  }
  return luma;
}

/** The thresholds of brightness that most upright strokes are on one side of: for light text, and for dark. */
function thresholdInks(luma: Uint32Array, width: number, top: number, bottom: number): Ink[] {
  // Differences of the count of strokes that a threshold parts from what is beside them.
  const light = new Int32Array(258);
  const dark = new Int32Array(258);
  const bump = (counts: Int32Array, from: number, to: number) => {
    counts[from] = (counts[from] ?? 0) + 1;
    counts[to] = (counts[to] ?? 0) - 1;
  };
  for (let y = top + 1; y < bottom; y++) {
    for (let at = y * width + 1; at < (y + 1) * width - 2; at++) {
      const own = luma[at] ?? 0;
      const left = luma[at - 1] ?? 0;
      const step = own - left;
      if (step < MIN_GAP && step > -MIN_GAP) continue;
      let right = luma[at + 1] ?? 0;
      if (Math.abs(right - own) < MIN_GAP) right = luma[at + 2] ?? 0;
      if (Math.abs((luma[at - width] ?? 0) - own) >= MIN_GAP) continue;
      if (step > 0 && own - right >= MIN_GAP) bump(light, Math.max(left, right) + 1, own + 1);
      else if (step < 0 && right - own >= MIN_GAP) bump(dark, own, Math.min(left, right));
    }
  }
  return [
    ...bestThresholds(light).map((low) => makeInk(luma, width, low, 255 - low)),
    ...bestThresholds(dark).map((high) => makeInk(luma, width, 0, high)),
  ];
}

function bestThresholds(differences: Int32Array): number[] {
  const counts: { threshold: number; count: number }[] = [];
  for (let threshold = 0, count = 0; threshold < 256; threshold++) {
    count += differences[threshold] ?? 0;
    if (count >= MIN_STEMS) counts.push({ threshold, count });
  }
  counts.sort((a, b) => b.count - a.count);
  const best = counts[0];
  if (best === undefined) return [];
  const second = counts.find(({ threshold }) => Math.abs(threshold - best.threshold) >= 2 * MIN_GAP);
  return second === undefined ? [best.threshold] : [best.threshold, second.threshold];
}

class BlendedReader {
  private readonly bins = new Uint8Array(257);
  private readonly bits: Uint32Array;

  constructor(
    private readonly picture: Pixels,
    private readonly luma: Uint32Array,
    private readonly table: ShapeTable,
    private readonly fonts: number,
  ) {
    this.bits = new Uint32Array(table.height);
  }

  read(x: number, y: number): Line {
    const { table, picture } = this;
    const count = Math.floor((picture.width - x) / table.width);
    const line: Line = { table, x, y, shapes: new Int32Array(count).fill(BLANK), ink: new Uint32Array(count) };
    for (let cell = 0; cell < count; cell++) this.readCell(line, cell);
    return line;
  }

  private readCell(line: Line, cell: number): void {
    const { table, luma, picture, bins } = this;
    const start = line.y * picture.width + line.x + cell * table.width;
    bins.fill(0);
    for (let y = 0, at = start; y < table.height; y++, at += picture.width) {
      for (let x = 0; x < table.width; x++) bins[luma[at + x] ?? 0] = 1;
    }
    const gaps: { size: number; above: number }[] = [];
    for (let value = 0, before = -1; value < 256; value++) {
      if (bins[value] === 0) continue;
      if (before >= 0 && value - before >= MIN_GAP) gaps.push({ size: value - before, above: value });
      before = value;
    }
    if (gaps.length > GAPS_TO_TRY) gaps.sort((a, b) => b.size - a.size).length = GAPS_TO_TRY;
    for (const { above } of gaps) {
      const [shape, light] = this.shapeAt(start, above);
      if (shape < 0) continue;
      line.shapes[cell] = shape;
      line.ink[cell] = this.meanInk(start, above, light);
      return;
    }
    if (gaps.length > 0) line.shapes[cell] = UNKNOWN;
  }

  /** The shape that the pixels of at least `above` make, or those below it; and whether it is the former. */
  private shapeAt(start: number, above: number): [shape: number, light: boolean] {
    const { table, luma, picture, bits } = this;
    let hash = 0;
    for (let y = 0, at = start; y < table.height; y++, at += picture.width) {
      let row = 0;
      for (let x = 0; x < table.width; x++) row = (row << 1) | ((luma[at + x] ?? 0) >= above ? 1 : 0);
      bits[y] = row;
      hash = (Math.imul(hash, HASH_STEP) + row) | 0;
    }
    const light = table.find(hash, bits, 0);
    if (light >= 0 && ((table.inFonts[light] ?? 0) & this.fonts) !== 0) return [light, true];
    const dark = table.find((table.fullHash - hash) | 0, bits, 2 ** table.width - 1);
    return [dark >= 0 && ((table.inFonts[dark] ?? 0) & this.fonts) !== 0 ? dark : -1, false];
  }

  private meanInk(start: number, above: number, light: boolean): number {
    const { table, luma, picture } = this;
    let [red, green, blue, count] = [0, 0, 0, 0];
    for (let y = 0, at = start; y < table.height; y++, at += picture.width) {
      for (let x = 0; x < table.width; x++) {
        if ((luma[at + x] ?? 0) >= above !== light) continue;
        const pixel = picture.pixels[at + x] ?? 0;
        red += pixel & 0xff;
        green += (pixel >>> 8) & 0xff;
        blue += (pixel >>> 16) & 0xff;
        count++;
      }
    }
    const mean = (sum: number) => Math.round(sum / Math.max(1, count));
    return (mean(red) | (mean(green) << 8) | (mean(blue) << 16) | 0xff000000) >>> 0;
  }
}
