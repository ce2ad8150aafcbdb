/**
 * What v86's emulated VGA shows, as a pure function of its registers and memory. v86's own rendering latches the start
 * address and raises the retrace bit, which the guest can see; nothing here writes to the device.
 *
 * The picture is the raster that a monitor would get, as QEMU draws it: 320x200 is 640x400 with doubled dots.
 */
import type { ScreenContent } from '../../../screen/content.js';
import { displayMode, type VgaDevice } from './vga-device.js';
import { readLinear } from './vga-linear.js';
import { readRaster } from './vga-raster.js';
import { readText } from './vga-text.js';

export { ScreenWatch } from './screen-watch.js';
export type { VgaDevice } from './vga-device.js';

/**
 * Reads the screen. Copies what it returns.
 * @param videoMemory the linear frame buffer (`vga.svga_memory`), as a plain view of the emulator's memory
 */
export function readScreen(vga: VgaDevice, videoMemory: Uint8Array): ScreenContent {
  const mode = displayMode(vga);
  switch (mode.kind) {
    case 'linear':
      return readLinear(vga, videoMemory);
    case 'raster':
      return readRaster(vga);
    case 'text':
      return readText(vga, mode);
    case 'blank':
      return { kind: 'blank', width: mode.width, height: mode.height };
  }
}
