/** Hand-made VGA devices for tests: the registers that a BIOS programs for each mode. */
import type { VgaDevice } from './vga-device.js';

export type MutableVga = { -readonly [K in keyof VgaDevice]: VgaDevice[K] };

/** A device before any mode was set: v86's own initial values. */
export function makeVga(registers: Partial<MutableVga> = {}): MutableVga {
  const memory = new Uint8Array(0x40000);
  return {
    vga_memory: memory,
    plane0: memory.subarray(0, 0x10000),
    plane1: memory.subarray(0x10000, 0x20000),
    plane2: memory.subarray(0x20000, 0x30000),
    plane3: memory.subarray(0x30000, 0x40000),
    graphical_mode: false,
    start_address: 0,
    cursor_address: 0,
    cursor_scanline_start: 14,
    cursor_scanline_end: 15,
    horizontal_display_enable_end: 0,
    horizontal_blank_start: 0,
    vertical_display_enable_end: 0,
    vertical_blank_start: 0,
    max_scan_line: 0,
    offset_register: 0,
    line_compare: 0,
    preset_row_scan: 0,
    underline_location_register: 0,
    crtc_mode: 0,
    clocking_mode: 0,
    character_map_select: 0,
    planar_mode: 0,
    palette_source: 0x20,
    attribute_mode: 0,
    color_plane_enable: 0,
    color_select: 0,
    horizontal_panning: 0,
    dac_map: new Uint8Array(16),
    dac_mask: 0xff,
    vga256_palette: new Int32Array(256),
    svga_enabled: false,
    svga_width: 0,
    svga_height: 0,
    svga_bpp: 32,
    svga_offset: 0,
    ...registers,
  };
}

const common = { line_compare: 0x3ff, color_plane_enable: 0x0f };

/** Mode 3: 80x25, 9x16 dots. */
export function textVga(registers: Partial<MutableVga> = {}): MutableVga {
  return coloured({
    ...common,
    horizontal_display_enable_end: 79,
    horizontal_blank_start: 80,
    vertical_display_enable_end: 399,
    vertical_blank_start: 406,
    max_scan_line: 0x4f,
    offset_register: 40,
    crtc_mode: 0xa3,
    underline_location_register: 0x1f,
    attribute_mode: 0x0c,
    horizontal_panning: 8,
    ...registers,
  });
}

/** Mode 12h: 640x480, 16 colours in four planes. */
export function planarVga(registers: Partial<MutableVga> = {}): MutableVga {
  return coloured({
    ...common,
    graphical_mode: true,
    horizontal_display_enable_end: 79,
    horizontal_blank_start: 80,
    vertical_display_enable_end: 479,
    vertical_blank_start: 487,
    max_scan_line: 0x40,
    offset_register: 40,
    crtc_mode: 0xe3,
    clocking_mode: 1,
    attribute_mode: 1,
    ...registers,
  });
}

/** Mode 4: 320x200, 4 colours in two banks of memory. */
export function cgaVga(registers: Partial<MutableVga> = {}): MutableVga {
  return coloured({
    ...common,
    graphical_mode: true,
    horizontal_display_enable_end: 39,
    horizontal_blank_start: 40,
    vertical_display_enable_end: 399,
    vertical_blank_start: 406,
    max_scan_line: 0xc1,
    offset_register: 20,
    crtc_mode: 0xa2,
    clocking_mode: 9,
    attribute_mode: 1,
    planar_mode: 0x30,
    color_plane_enable: 3,
    ...registers,
  });
}

/** Mode 13h: 320x200, a byte a pixel, chained. */
export function byteVga(registers: Partial<MutableVga> = {}): MutableVga {
  return coloured({
    ...common,
    graphical_mode: true,
    horizontal_display_enable_end: 79,
    horizontal_blank_start: 80,
    vertical_display_enable_end: 399,
    vertical_blank_start: 406,
    max_scan_line: 0x41,
    offset_register: 40,
    underline_location_register: 0x40,
    crtc_mode: 0xa3,
    clocking_mode: 1,
    attribute_mode: 0x41,
    planar_mode: 0x40,
    ...registers,
  });
}

/** A Bochs VBE mode. */
export function linearVga(width: number, height: number, bpp: number, registers: Partial<MutableVga> = {}): MutableVga {
  return makeVga({
    graphical_mode: true,
    svga_enabled: true,
    svga_width: width,
    svga_height: height,
    svga_bpp: bpp,
    ...registers,
  });
}

/** Colour `i` of the DAC is 0x10101 * i; the attribute palette is the identity. */
function coloured(registers: Partial<MutableVga>): MutableVga {
  return makeVga({
    dac_map: Uint8Array.from({ length: 16 }, (_, i) => i),
    vga256_palette: Int32Array.from({ length: 256 }, (_, i) => i * 0x10101),
    ...registers,
  });
}
