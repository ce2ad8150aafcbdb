/**
 * Graphic modes of the VGA itself: CGA (2 and 4 colours), planar (16 colours), chained and unchained 256 colours. They
 * are one machine with many settings, so they are read as the hardware does: scan line by scan line, an address counter
 * that selects four bytes, which become eight 4-bit values (or four 8-bit ones).
 */
import type { GraphicContent } from '../../../screen/content.js';
import { toPixel } from '../../../screen/draw-text.js';
import { attributeColours, dacColour, rasterSize, type VgaDevice } from './vga-device.js';

/** What the registers say about the picture's geometry and how bytes become dots. */
export interface Raster {
  /** Character clocks on a line: each fetches 4 bytes. */
  characters: number;
  scanlines: number;
  /** Dots of a fetched value: 1, or 2 where the dot clock is halved or a value has 8 bits (4, where both). */
  valueDots: number;
  /** Values of one fetch: 8 of 4 bits, or 4 of 8 bits. */
  values: 4 | 8;
  width: number;
  words: string;
}

export function rasterOf(vga: VgaDevice): Raster {
  const { characters, scanlines } = rasterSize(vga);
  const wide = (vga.clocking_mode & 8) !== 0;
  const bytes = (vga.attribute_mode & 0x40) !== 0;
  const values = bytes ? 4 : 8;
  const valueDots = (wide ? 2 : 1) * (bytes ? 2 : 1);
  const lines = scanlines / lineRepeat(vga);
  const colours = bytes ? 256 : shiftMode(vga) === 1 ? 4 : vga.color_plane_enable === 1 ? 2 : 16;
  const width = characters * 8 * (wide ? 2 : 1);
  return {
    characters,
    scanlines,
    values,
    valueDots,
    width,
    words: `${characters * values}x${Math.floor(lines)}, ${colours} colours`,
  };
}

/** How many scan lines show the same memory. */
function lineRepeat(vga: VgaDevice): number {
  const doubled = vga.max_scan_line & 0x80 ? 2 : 1;
  // With bit 0 or 1 of the mode register clear, the scan lines of a row are different memory (CGA's banks).
  return (vga.crtc_mode & 3) === 3 ? doubled * ((vga.max_scan_line & 31) + 1) : doubled;
}

/** 0: a bit of each plane. 1: pairs of bits (CGA). 2, 3: nibbles of whole bytes. */
function shiftMode(vga: VgaDevice): number {
  return (vga.planar_mode >> 5) & 3;
}

export function readRaster(vga: VgaDevice): GraphicContent {
  const raster = rasterOf(vga);
  const { characters, scanlines, width, valueDots, values } = raster;
  const pixels = new Uint32Array(width * scanlines);
  const palette = values === 4 ? byteColours(vga) : attributeColours(vga).map(toPixel);
  const panned = panning(vga);
  // One value more than is visible, where panning moves the next character in.
  const fetched = new Uint8Array(4 * (characters + 1));
  const line = new Uint8Array(values * (characters + 1));
  let previous = -1;
  for (let y = 0; y < scanlines; y++) {
    const source = scanlineSource(vga, y);
    const key = source.counter * 32 + source.rowScan;
    const at = y * width;
    if (key === previous) {
      pixels.copyWithin(at, at - width, at);
      continue;
    }
    previous = key;
    fetchLine(vga, source, fetched);
    toValues(vga, fetched, line, values);
    for (let i = 0, x = at; x < at + width; i++) {
      const colour = palette[line[i + (source.split && splitResetsPanning(vga) ? 0 : panned)] ?? 0] ?? 0;
      for (let dot = 0; dot < valueDots; dot++) pixels[x++] = colour;
    }
  }
  const bits = `${raster.words} (${width}x${scanlines} dots)`;
  return { kind: 'graphic', width, height: scanlines, rgba: new Uint8Array(pixels.buffer), mode: bits };
}

/** Where a scan line's bytes are: the address counter at its left edge, and the line's number in its row. */
export interface ScanlineSource {
  counter: number;
  rowScan: number;
  /** Below the split (line compare), where the display starts again at address 0. */
  split: boolean;
}

export function scanlineSource(vga: VgaDevice, scanline: number): ScanlineSource {
  const split = scanline > vga.line_compare;
  const line = split ? scanline - vga.line_compare - 1 : scanline;
  const single = vga.max_scan_line & 0x80 ? line >> 1 : line;
  const rowHeight = (vga.max_scan_line & 31) + 1;
  const row = Math.floor(single / rowHeight);
  const bytePanning = split && splitResetsPanning(vga) ? 0 : (vga.preset_row_scan >> 5) & 3;
  const start = split ? 0 : vga.start_address;
  return {
    counter: (start + bytePanning + row * 2 * vga.offset_register) & 0xffff,
    rowScan: (vga.crtc_mode & 3) === 3 ? 0 : single % rowHeight,
    split,
  };
}

function splitResetsPanning(vga: VgaDevice): boolean {
  return (vga.attribute_mode & 0x20) !== 0;
}

/** Values by which the picture is moved to the left; never a whole character. */
function panning(vga: VgaDevice): number {
  const dots = vga.horizontal_panning & 7;
  return vga.attribute_mode & 0x40 ? dots >> 1 : dots;
}

/**
 * Fills `into` with the four planes' bytes at each address of a line. The counter becomes an address in byte, word or
 * double-word mode, and bits 13 and 14 of it can be the row scan counter's.
 */
export function fetchLine(vga: VgaDevice, { counter, rowScan }: ScanlineSource, into: Uint8Array): void {
  const { plane0, plane1, plane2, plane3, crtc_mode: mode } = vga;
  const doubleWord = (vga.underline_location_register & 0x40) !== 0;
  const word = !doubleWord && (mode & 0x40) === 0;
  const wrapBit = mode & 0x20 ? 15 : 13;
  const bank13 = (mode & 1) === 0;
  const bank14 = (mode & 2) === 0;
  for (let i = 0; i < into.length; i += 4, counter = (counter + 1) & 0xffff) {
    let address = counter;
    if (doubleWord) address = ((counter << 2) | ((counter >> 14) & 3)) & 0xffff;
    else if (word) address = ((counter << 1) | ((counter >> wrapBit) & 1)) & 0xffff;
    if (bank13) address = (address & ~0x2000) | ((rowScan & 1) << 13);
    if (bank14) address = (address & ~0x4000) | ((rowScan & 2) << 13);
    into[i] = plane0[address] ?? 0;
    into[i + 1] = plane1[address] ?? 0;
    into[i + 2] = plane2[address] ?? 0;
    into[i + 3] = plane3[address] ?? 0;
  }
}

/** Turns fetched bytes into palette indices, `values` for each four. */
function toValues(vga: VgaDevice, fetched: Uint8Array, line: Uint8Array, values: 4 | 8): void {
  const shift = shiftMode(vga);
  if (values === 4 && shift >= 2) {
    line.set(fetched);
    return;
  }
  const nibbles = values === 8 ? line : new Uint8Array(2 * fetched.length);
  for (let from = 0, to = 0; from < fetched.length; from += 4, to += 8) {
    const b0 = fetched[from] ?? 0;
    const b1 = fetched[from + 1] ?? 0;
    const b2 = fetched[from + 2] ?? 0;
    const b3 = fetched[from + 3] ?? 0;
    for (let i = 0; i < 8; i++) {
      let value: number;
      if (shift === 0) {
        const bit = 7 - i;
        value = ((b0 >> bit) & 1) | (((b1 >> bit) & 1) << 1) | (((b2 >> bit) & 1) << 2) | (((b3 >> bit) & 1) << 3);
      } else if (shift === 1) {
        const bit = 6 - 2 * (i & 3);
        value = (((i < 4 ? b0 : b1) >> bit) & 3) | ((((i < 4 ? b2 : b3) >> bit) & 3) << 2);
      } else {
        const byte = i < 2 ? b0 : i < 4 ? b1 : i < 6 ? b2 : b3;
        value = i & 1 ? byte & 15 : byte >> 4;
      }
      nibbles[to + i] = value;
    }
  }
  if (values === 8) return;
  for (let i = 0; i < line.length; i++) line[i] = ((nibbles[2 * i] ?? 0) << 4) | (nibbles[2 * i + 1] ?? 0);
}

function byteColours(vga: VgaDevice): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, i) => toPixel(dacColour(vga, i)));
}
