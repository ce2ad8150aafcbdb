/** v86's VGA as it is read here: its registers, and what they say about the mode and the colours. Nothing is written. */
import type { BlankContent } from '../../../screen/content.js';
import { linearMode } from './vga-linear.js';

/**
 * What is read of v86's VGA device (`cpu.devices.vga`): the same names in `libv86.mjs` and `libv86-debug.mjs`.
 * Registers hold what the guest wrote; the names are v86's.
 */
export interface VgaDevice {
  /** Four planes of 64 KiB. In text modes the first 128 KiB are pairs of character and attribute. */
  readonly vga_memory: Uint8Array;
  readonly plane0: Uint8Array;
  readonly plane1: Uint8Array;
  /** In text modes: eight fonts of 256 glyphs of 32 bytes. */
  readonly plane2: Uint8Array;
  readonly plane3: Uint8Array;
  readonly graphical_mode: boolean;

  // CRT controller
  readonly start_address: number;
  readonly cursor_address: number;
  readonly cursor_scanline_start: number;
  readonly cursor_scanline_end: number;
  readonly horizontal_display_enable_end: number;
  readonly horizontal_blank_start: number;
  readonly vertical_display_enable_end: number;
  readonly vertical_blank_start: number;
  readonly max_scan_line: number;
  readonly offset_register: number;
  readonly line_compare: number;
  readonly preset_row_scan: number;
  readonly underline_location_register: number;
  readonly crtc_mode: number;

  // Sequencer and graphics controller
  readonly clocking_mode: number;
  readonly character_map_select: number;
  readonly planar_mode: number;

  // Attribute controller and DAC
  readonly palette_source: number;
  readonly attribute_mode: number;
  readonly color_plane_enable: number;
  readonly color_select: number;
  readonly horizontal_panning: number;
  readonly dac_map: Uint8Array;
  readonly dac_mask: number;
  /** 256 colours, 0xRRGGBB. */
  readonly vga256_palette: Int32Array;

  // Bochs VBE
  readonly svga_enabled: boolean;
  readonly svga_width: number;
  readonly svga_height: number;
  readonly svga_bpp: number;
  /** First visible pixel. */
  readonly svga_offset: number;
}

/** Size of the blank picture before the guest has set any mode. */
const NO_MODE = { width: 720, height: 400 };

/** Which of the modes the registers ask for. */
export type DisplayMode =
  | { kind: 'linear' }
  | { kind: 'raster' }
  | { kind: 'text'; columns: number; rows: number; cellWidth: number; cellHeight: number }
  | BlankContent;

const SCREEN_OFF = 0x20;
const DOUBLE_SCAN = 0x80;

export function displayMode(vga: VgaDevice): DisplayMode {
  // The attribute controller's "palette address source" is off while the palette is loaded, and is how drivers blank.
  const attributesOff = vga.palette_source === 0;
  if (vga.svga_enabled) {
    const { width, height } = linearMode(vga);
    return attributesOff ? { kind: 'blank', width, height } : { kind: 'linear' };
  }
  const off = attributesOff || (vga.clocking_mode & SCREEN_OFF) !== 0;
  const { characters, scanlines } = rasterSize(vga);
  if (characters === 0 || scanlines === 0) return { kind: 'blank', ...NO_MODE };
  const doubleDots = (vga.clocking_mode & 8) !== 0;
  if (vga.graphical_mode) {
    if (!off) return { kind: 'raster' };
    return { kind: 'blank', width: characters * (doubleDots ? 16 : 8), height: scanlines };
  }
  const cellHeight = (vga.max_scan_line & 31) + 1;
  const rows = Math.floor((vga.max_scan_line & DOUBLE_SCAN ? scanlines >> 1 : scanlines) / cellHeight);
  if (rows === 0) return { kind: 'blank', ...NO_MODE };
  const cellWidth = doubleDots ? 16 : vga.clocking_mode & 1 ? 8 : 9;
  if (off) return { kind: 'blank', width: characters * cellWidth, height: rows * cellHeight };
  return { kind: 'text', columns: characters, rows, cellWidth, cellHeight };
}

/** The visible part of the raster: character clocks of 8 or 9 dots, and scan lines. 0 before a mode is set. */
export function rasterSize(vga: VgaDevice): { characters: number; scanlines: number } {
  return {
    characters: Math.min(1 + vga.horizontal_display_enable_end, vga.horizontal_blank_start),
    scanlines: Math.min(1 + vga.vertical_display_enable_end, vga.vertical_blank_start),
  };
}

/**
 * The 16 colours that the attribute controller makes of 4-bit values, 0xRRGGBB: through the plane mask, its own
 * palette, the colour-select register and the DAC.
 */
export function attributeColours(vga: VgaDevice): Uint32Array {
  const colours = new Uint32Array(16);
  const own = vga.attribute_mode & 0x80 ? 0x0f : 0x3f;
  const select = (vga.color_select << 4) & (vga.attribute_mode & 0x80 ? 0xf0 : 0xc0);
  for (let i = 0; i < 16; i++) {
    const entry = vga.dac_map[i & vga.color_plane_enable] ?? 0;
    colours[i] = dacColour(vga, (entry & own) | select);
  }
  return colours;
}

/** Colour of an 8-bit value, 0xRRGGBB. */
export function dacColour(vga: VgaDevice, index: number): number {
  return (vga.vga256_palette[index & vga.dac_mask] ?? 0) & 0xffffff;
}
