/** Tells cheaply whether the screen looks different from the last time, for the loop that samples it. */
import { KeptBytes } from './kept-bytes.js';
import { attributeColours, displayMode, type VgaDevice } from './vga-device.js';
import { linearMode } from './vga-linear.js';
import { fetchLine, rasterOf, scanlineSource } from './vga-raster.js';
import { readText } from './vga-text.js';

/**
 * Keeps a copy of what the current mode shows: the cells, font, colours and cursor of a text mode; the visible bytes
 * and the colours of a graphic one. Never writes to the device.
 */
export class ScreenWatch {
  /** The mode and everything small, in a fixed order. -1 is no value of a register: the first call says "changed". */
  #settings: Int32Array = Int32Array.of(-1);
  readonly #bytes = new KeptBytes();

  /**
   * Whether the screen looks different since the last call, cursor included. True at the first call.
   * @param videoMemory as for `readScreen`
   */
  changed(vga: VgaDevice, videoMemory: Uint8Array): boolean {
    const mode = displayMode(vga);
    switch (mode.kind) {
      case 'blank':
        return this.#compare([0, mode.width, mode.height], new Uint8Array(0));
      case 'text': {
        const { columns, rows, cells, cursor, font, palette } = readText(vga, mode);
        const { width, height, glyphs, lineGraphics } = font;
        const at = cursor === null ? -1 : 2 * (cursor.row * columns + cursor.column) + Number(cursor.visible);
        const bytes = new Uint8Array(cells.length + glyphs.length + 3);
        bytes.set(cells);
        bytes.set(glyphs, (cells.length + 3) & ~3);
        return this.#compare([1, columns, rows, width, height, Number(lineGraphics), at, ...palette], bytes);
      }
      case 'raster':
        return this.#compare(...rasterView(vga));
      case 'linear': {
        const { width, height, bitsPerPixel, start, length } = linearMode(vga);
        const colours = bitsPerPixel === 8 ? [vga.dac_mask, ...vga.vga256_palette] : [];
        const visible = videoMemory.subarray(start, start + length);
        return this.#compare([3, width, height, bitsPerPixel, ...colours], visible);
      }
    }
  }

  #compare(settings: readonly number[], bytes: Uint8Array): boolean {
    const sameBytes = !this.#bytes.changed(bytes);
    const same = settings.length === this.#settings.length && settings.every((v, i) => (v | 0) === this.#settings[i]);
    if (!same) this.#settings = Int32Array.from(settings, (value) => value | 0);
    return !same || !sameBytes;
  }
}

/** The settings and fetched bytes of a planar mode. Lines that are repeated are fetched once. */
function rasterView(vga: VgaDevice): [number[], Uint8Array] {
  const { characters, scanlines, width, values } = rasterOf(vga);
  const perLine = 4 * (characters + 1);
  const bytes = new Uint8Array(perLine * scanlines);
  const starts: number[] = [];
  let used = 0;
  let previous = -1;
  for (let y = 0; y < scanlines; y++) {
    const source = scanlineSource(vga, y);
    const key = source.counter * 32 + source.rowScan;
    if (key === previous) continue;
    previous = key;
    starts.push(y);
    fetchLine(vga, source, bytes.subarray(used, used + perLine));
    used += perLine;
  }
  const colours = values === 4 ? [vga.dac_mask, ...vga.vga256_palette] : attributeColours(vga);
  const dots = [vga.planar_mode & 0x60, vga.horizontal_panning, vga.attribute_mode & 0x60, vga.line_compare];
  return [[2, width, scanlines, values, ...dots, ...colours, ...starts], bytes.subarray(0, used)];
}
