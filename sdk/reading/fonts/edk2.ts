/**
 * The console font of EDK2, which OVMF and most UEFI firmware is made of: an array of `EFI_NARROW_GLYPH` (UEFI
 * specification, 34.3 "Font Glyph Definitions": UINT16 UnicodeWeight, UINT8 Attributes, UINT8 GlyphCol1[19]) in
 * GraphicsConsoleDxe (`LaffStd.c`), inside of a firmware volume that is packed with LZMA.
 */
import { GuestwrightError } from '../../errors.js';
import type { Glyph, GlyphFont } from '../../screen/font.js';
import { readGlyph, withoutBlanks } from './glyph-bytes.js';

export const EDK2_HEIGHT = 19;
const WIDTH = 8;
const DOTS_AT = 3;
const GLYPH_BYTES = DOTS_AT + EDK2_HEIGHT;

/** A font has at least ASCII. */
const FEWEST_GLYPHS = 95;

/**
 * LzmaCustomDecompress (EE4E5898-3914-4259-9D6E-DC7BD79403CF), as a GUID-defined section has it: its first three fields
 * little-endian.
 */
const LZMA_SECTION = Uint8Array.of(
  ...[0x98, 0x58, 0x4e, 0xee, 0x14, 0x39, 0x59, 0x42],
  ...[0x9d, 0x6e, 0xdc, 0x7b, 0xd7, 0x94, 0x03, 0xcf],
);
/** EFI_SECTION_GUID_DEFINED, the type of such a section (Platform Initialization specification, volume 3). */
const GUID_DEFINED = 0x02;

/**
 * The LZMA streams of a firmware image, in the order in which they lie there.
 *
 * A section's header is UINT8 Size[3], UINT8 Type, then (where Size is 0xFFFFFF) UINT32 ExtendedSize, then the GUID,
 * UINT16 DataOffset, UINT16 Attributes. Sizes and offsets count from the section's start.
 */
export function lzmaSections(firmware: Uint8Array): Uint8Array[] {
  const view = new DataView(firmware.buffer, firmware.byteOffset, firmware.byteLength);
  const bytes = Buffer.from(firmware.buffer, firmware.byteOffset, firmware.length);
  const streams: Uint8Array[] = [];
  for (let at = bytes.indexOf(LZMA_SECTION); at >= 0; at = bytes.indexOf(LZMA_SECTION, at + 1)) {
    const section = sectionAt(view, at);
    if (section !== null) streams.push(firmware.subarray(section.data, section.end));
  }
  return streams;
}

/** Null: a GUID that stands somewhere else, for example in the code that unpacks such sections. */
function sectionAt(view: DataView, guidAt: number): { data: number; end: number } | null {
  if (guidAt + 20 > view.byteLength) return null;
  for (const headerSize of [4, 8]) {
    const start = guidAt - headerSize;
    if (start < 0 || view.getUint8(start + 3) !== GUID_DEFINED) continue;
    const size = view.getUint32(start, true) & 0xffffff;
    if ((size === 0xffffff) !== (headerSize === 8)) continue;
    const end = start + (headerSize === 8 ? view.getUint32(start + 4, true) : size);
    const data = start + view.getUint16(guidAt + 16, true);
    if (data >= guidAt + 20 && data < end && end <= view.byteLength) return { data, end };
  }
  return null;
}

/**
 * Takes the console font out of unpacked firmware.
 *
 * @param what the firmware, for messages
 * @throws GuestwrightError `infrastructure/font-not-found`
 */
export function findEdk2Font(bytes: Uint8Array, name: string, what: string): GlyphFont {
  const glyphs = narrowGlyphs(bytes);
  if (glyphs === null) {
    throw new GuestwrightError(`The font ${name} is not in ${what}`, {
      kind: 'infrastructure',
      code: 'font-not-found',
      expected: `an array of EFI narrow glyphs that has at least ASCII`,
      seen: `none in ${bytes.length} bytes`,
      next: 'use a font file instead: name its path in `fonts`',
    });
  }
  return { name, width: WIDTH, height: EDK2_HEIGHT, nineDots: false, glyphs: withoutBlanks(glyphs) };
}

/** Looks for three glyphs in a row, "!", '"' and "#", then reads from the blank before them to the terminating zero. */
function narrowGlyphs(bytes: Uint8Array): Glyph[] | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const program = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const heading = Uint8Array.of(0x21, 0, 0);
  for (let at = program.indexOf(heading); at >= 0; at = program.indexOf(heading, at + 1)) {
    const start = at - GLYPH_BYTES;
    if (start < 0 || at + 3 * GLYPH_BYTES > bytes.length) continue;
    const consecutive = [0, 1, 2, 3].every((index) => {
      const glyph = start + index * GLYPH_BYTES;
      return view.getUint16(glyph, true) === 0x20 + index && view.getUint8(glyph + 2) === 0;
    });
    if (!consecutive) continue;
    const glyphs = glyphsFrom(view, bytes, start);
    if (glyphs.length >= FEWEST_GLYPHS) return glyphs;
  }
  return null;
}

function glyphsFrom(view: DataView, bytes: Uint8Array, start: number): Glyph[] {
  const glyphs: Glyph[] = [];
  for (let at = start; at + GLYPH_BYTES <= bytes.length; at += GLYPH_BYTES) {
    const code = view.getUint16(at, true);
    if (code === 0) break;
    const character = String.fromCharCode(code);
    glyphs.push(readGlyph(bytes, at + DOTS_AT, { character, width: WIDTH, height: EDK2_HEIGHT }));
  }
  return glyphs;
}
