/**
 * Bitmap fonts prepared for looking shapes up. A *shape* is a bitmap that at least one character of at least one font
 * has; fonts of the same cell size share one {@link ShapeTable}, so that one look-up answers for all of them.
 *
 * The hash of a bitmap is a polynomial in its rows, `((row0 * P + row1) * P + row2) …`, because such a hash
 * - can be rolled down a picture, a row in and a row out (`placements.ts`), and
 * - is linear: the hash of the inverse bitmap is the hash of a full cell minus it.
 * It only finds candidates: every match is verified bit by bit.
 */
import type { GlyphFont } from '../font.js';
import { defaultOrder, isLetterOrDigit, needsContext } from './characters.js';

/** Multiplier of the polynomial. Odd, so that blank rows at the bottom lose nothing. */
export const HASH_STEP = 0x9e3779b1 | 0;
const WIDE_STEP = 0x85ebca77 | 0;
const SPREAD = 0xc2b2ae3d | 0;

/** Flags of a shape. */
export const LETTER = 1;
/** A letter or digit with so much structure that nothing but text looks like it. */
export const STRONG = 2;
/** Not just a line or a dot or two. */
export const STRUCTURED = 4;
/** Line graphics, whose ninth column repeats the eighth. */
export const GRAPHICS = 8;
/** Greek, Cyrillic, Hebrew or Arabic only: what the characters around it mean depends on it. */
export const CONTEXT = 16;

const MIN_STRONG_INK = 8;
const MIN_STRUCTURED_INK = 5;
const FILTER_BITS = 20;
/** Glyphs of a font that counts as small: a console's 512, and some to spare. */
const SMALL_FONT = 1024;

export class ShapeTable {
  /** Pixels of a narrow cell; wide glyphs have twice as many. */
  readonly width: number;
  readonly height: number;
  readonly fonts: readonly GlyphFont[];
  /** Bits of every row of every shape: `shape * height + row`. The leftmost pixel is the highest of `width` (or twice) bits. */
  readonly rows: Uint32Array;
  /** {@link LETTER}, {@link STRONG}, … */
  readonly flags: Uint8Array;
  /** Bit `i` is set when `fonts[i]` has the shape. */
  readonly inFonts: Uint8Array;
  /** Shapes from this one on are wide. */
  readonly firstWide: number;
  readonly hasWide: boolean;
  /** Bits, as in `inFonts`, of the fonts that have few glyphs. */
  readonly smallFonts: number;
  /** Hash of a narrow cell with every bit set. */
  readonly fullHash: number;
  /** Bits of the hashes of strong shapes: most that is not text is told apart here, without a look-up. */
  readonly strongFilter: Uint32Array;
  readonly strongWideFilter: Uint32Array;

  /** By font, by shape: its characters in that font, the likeliest first. */
  private readonly characters: (string | undefined)[][];
  /** By font, by shape: the likeliest character's code; 0 where the font does not have the shape. */
  private readonly codes: Uint16Array[];
  private readonly slots: Int32Array;
  private readonly shift: number;

  /** @param fonts all of one width and height, at most 8; where several have a shape, the earlier is preferred */
  constructor(fonts: readonly GlyphFont[]) {
    this.fonts = fonts;
    this.width = fonts[0]?.width ?? 8;
    this.height = fonts[0]?.height ?? 16;
    const collected = collectShapes(fonts, this.width);
    const count = collected.length;
    this.firstWide = collected.findIndex(({ wide }) => wide);
    if (this.firstWide < 0) this.firstWide = count;
    this.hasWide = this.firstWide < count;
    this.smallFonts = fonts.reduce((all, { glyphs }, i) => (glyphs.length <= SMALL_FONT ? all | (1 << i) : all), 0);
    this.rows = new Uint32Array(count * this.height);
    this.flags = new Uint8Array(count);
    this.inFonts = new Uint8Array(count);
    this.characters = fonts.map(() => new Array<string | undefined>(count));
    this.codes = fonts.map(() => new Uint16Array(count));
    const bits = Math.max(4, Math.ceil(Math.log2(count * 3 + 1)));
    this.slots = new Int32Array(2 ** bits);
    this.shift = 32 - bits;
    this.strongFilter = new Uint32Array(2 ** (FILTER_BITS - 5));
    this.strongWideFilter = new Uint32Array(2 ** (FILTER_BITS - 5));
    let full = 0;
    for (let y = 0; y < this.height; y++) full = (Math.imul(full, HASH_STEP) + (2 ** this.width - 1)) | 0;
    this.fullHash = full;
    collected.forEach((shape, index) => this.add(shape, index));
  }

  private add(shape: CollectedShape, index: number): void {
    this.rows.set(shape.rows, index * this.height);
    shape.characters.forEach((found, font) => {
      if (found === '') return;
      const [list, codes] = [this.characters[font], this.codes[font]];
      if (list === undefined || codes === undefined) return;
      const ordered = defaultOrder(found);
      list[index] = ordered;
      codes[index] = ordered.charCodeAt(0);
      this.inFonts[index] = (this.inFonts[index] ?? 0) | (1 << font);
    });
    const flags = flagsOf(shape, shape.characters.join(''));
    this.flags[index] = flags;
    const hash = this.hashOf(shape);
    if ((flags & STRONG) !== 0) addToFilter(shape.wide ? this.strongWideFilter : this.strongFilter, hash);
    let slot = Math.imul(hash, SPREAD) >>> this.shift;
    while (this.slots[slot] !== 0) slot = (slot + 1) & (this.slots.length - 1);
    this.slots[slot] = index + 1;
  }

  private hashOf({ rows, wide }: CollectedShape): number {
    const mask = 2 ** this.width - 1;
    let left = 0;
    let right = 0;
    for (let y = 0; y < this.height; y++) {
      const row = rows[y] ?? 0;
      left = (Math.imul(left, HASH_STEP) + (wide ? row >>> this.width : row)) | 0;
      right = (Math.imul(right, HASH_STEP) + (row & mask)) | 0;
    }
    return wide ? wideHash(left, right) : left;
  }

  /**
   * The narrow shape of a cell, or -1.
   * @param bits a word per pixel row
   * @param invert 0, or all `width` bits to look for the inverse of `bits` (whose hash is `hash` then)
   */
  find(hash: number, bits: Uint32Array, invert: number): number {
    const { slots, rows, height } = this;
    let slot = Math.imul(hash, SPREAD) >>> this.shift;
    for (let entry = slots[slot] ?? 0; entry !== 0; entry = slots[slot] ?? 0) {
      const shape = entry - 1;
      if (shape < this.firstWide) {
        let y = 0;
        for (let at = shape * height; y < height && rows[at + y] === ((bits[y] ?? 0) ^ invert);) y++;
        if (y === height) return shape;
      }
      slot = (slot + 1) & (slots.length - 1);
    }
    return -1;
  }

  /** The wide shape of two neighbouring cells, or -1. `hash` is {@link wideHash} of theirs. */
  findWide(hash: number, left: Uint32Array, right: Uint32Array, invertLeft: number, invertRight: number): number {
    const { slots, rows, height, width } = this;
    let slot = Math.imul(hash, SPREAD) >>> this.shift;
    for (let entry = slots[slot] ?? 0; entry !== 0; entry = slots[slot] ?? 0) {
      const shape = entry - 1;
      if (shape >= this.firstWide) {
        let y = 0;
        for (const at = shape * height; y < height; y++) {
          const row = ((((left[y] ?? 0) ^ invertLeft) << width) | ((right[y] ?? 0) ^ invertRight)) >>> 0;
          if (rows[at + y] !== row) break;
        }
        if (y === height) return shape;
      }
      slot = (slot + 1) & (slots.length - 1);
    }
    return -1;
  }

  /** The likeliest of {@link charactersOf}, as a UTF-16 unit. */
  codeOf(shape: number, preferred: number): number {
    const own = this.codes[preferred]?.[shape] ?? 0;
    return own !== 0 ? own : this.charactersOf(shape, preferred).charCodeAt(0);
  }

  /** What a shape can mean, the likeliest first: in the font `preferred` when it has the shape, else in the first that has. */
  charactersOf(shape: number, preferred: number): string {
    const own = this.characters[preferred]?.[shape];
    if (own !== undefined) return own;
    for (const list of this.characters) {
      const found = list[shape];
      if (found !== undefined) return found;
    }
    return '\ufffd';
  }
}

export function wideHash(left: number, right: number): number {
  return (Math.imul(left, WIDE_STEP) + right) | 0;
}

function addToFilter(filter: Uint32Array, hash: number): void {
  const bit = Math.imul(hash, SPREAD) >>> (32 - FILTER_BITS);
  filter[bit >>> 5] = (filter[bit >>> 5] ?? 0) | (1 << (bit & 31));
}

/** False: no strong shape has this hash. True: perhaps. */
export function mayBeStrong(filter: Uint32Array, hash: number): boolean {
  const bit = Math.imul(hash, SPREAD) >>> (32 - FILTER_BITS);
  return (((filter[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) !== 0;
}

/** A table for each cell size, in the order in which the sizes first appear. Fonts wider than 16 pixels are left out. */
export function shapeTables(fonts: readonly GlyphFont[]): readonly ShapeTable[] {
  const known = tablesOf.get(fonts);
  if (known !== undefined) return known;
  const bySize = new Map<string, GlyphFont[]>();
  for (const font of fonts) {
    if (font.width > 16 || font.width < 4) continue;
    const size = `${font.width}x${font.height}`;
    const group = bySize.get(size);
    if (group === undefined) bySize.set(size, [font]);
    else if (group.length < 8) group.push(font);
  }
  const tables = Array.from(bySize.values(), (group) => new ShapeTable(group));
  tablesOf.set(fonts, tables);
  return tables;
}

/** Building a table of Unifont takes longer than reading a hundred screens: once for each list of fonts. */
const tablesOf = new WeakMap<readonly GlyphFont[], readonly ShapeTable[]>();

interface CollectedShape {
  rows: Uint32Array;
  wide: boolean;
  /** By font; empty where it does not have the shape. */
  characters: string[];
  /** Another shape with the same hash. */
  next: CollectedShape | undefined;
}

/**
 * Every shape once, narrow ones first. Left out are blank and full ones, which are cells of one colour; marks that
 * combine with the character before them, which no cell holds alone; and `▁`, which is what a cursor looks like.
 */
function collectShapes(fonts: readonly GlyphFont[], width: number): CollectedShape[] {
  // By a hash of the rows; shapes that share one hang on each other.
  const found = new Map<number, CollectedShape>();
  fonts.forEach((font, index) => {
    for (const { character, width: glyphWidth, rows } of font.glyphs) {
      if (character.length !== 1 || (glyphWidth !== width && glyphWidth !== 2 * width)) continue;
      if (
        rows.length !== font.height ||
        isPlain(rows, glyphWidth) ||
        isCursor(rows, glyphWidth) ||
        COMBINING.test(character)
      )
        continue;
      const wide = glyphWidth !== width;
      const hash = rows.reduce((sum, row) => (Math.imul(sum, HASH_STEP) + row) | 0, Number(wide));
      const first = found.get(hash);
      let shape = first;
      while (shape !== undefined && (shape.wide !== wide || !sameRows(shape.rows, rows))) shape = shape.next;
      if (shape === undefined) {
        shape = { rows, wide, characters: fonts.map(() => ''), next: first };
        found.set(hash, shape);
      }
      shape.characters[index] = (shape.characters[index] ?? '') + character;
    }
  });
  const all: CollectedShape[] = [];
  for (const first of found.values()) {
    for (let shape: CollectedShape | undefined = first; shape !== undefined; shape = shape.next) all.push(shape);
  }
  return [...all.filter(({ wide }) => !wide), ...all.filter(({ wide }) => wide)];
}

const COMBINING = /[\p{M}\p{C}]/u;

function sameRows(a: Uint32Array, b: Uint32Array): boolean {
  for (let y = 0; y < a.length; y++) if (a[y] !== b[y]) return false;
  return true;
}

function isPlain(rows: Uint32Array, width: number): boolean {
  const full = 2 ** width - 1;
  const first = rows[0] ?? 0;
  return (first === 0 || first === full) && rows.every((row) => row === first);
}

/** Two or three full rows near the bottom and nothing else: on a blank cell, the underline of a cursor. */
function isCursor(rows: Uint32Array, width: number): boolean {
  const full = 2 ** width - 1;
  const filled = Array.from(rows.keys()).filter((y) => rows[y] !== 0);
  const [first = 0, last = 0] = [filled[0], filled.at(-1)];
  const isBar = filled.length === last - first + 1 && filled.every((y) => rows[y] === full);
  return isBar && (filled.length === 2 || filled.length === 3) && 3 * first >= 2 * rows.length;
}

function flagsOf(shape: CollectedShape, characters: string): number {
  let ink = 0;
  let columns = 0;
  const patterns = new Set<number>();
  for (const row of shape.rows) {
    for (let bits = row; bits !== 0; bits &= bits - 1) ink++;
    columns |= row;
    if (row !== 0) patterns.add(row);
  }
  let used = 0;
  for (let bits = columns; bits !== 0; bits &= bits - 1) used++;
  let flags = 0;
  const letter = isLetterOrDigit(characters);
  if (letter) flags |= LETTER;
  if (ink >= MIN_STRUCTURED_INK && patterns.size >= 3 && used >= 3) flags |= STRUCTURED;
  if (letter && ink >= MIN_STRONG_INK && patterns.size >= 3 && used >= 3) flags |= STRONG;
  if (/[\u2500-\u259f]/.test(characters)) flags |= GRAPHICS;
  if (needsContext(characters)) flags |= CONTEXT;
  return flags;
}
