/**
 * The screen of a real guest: a boot sector asks SeaBIOS for a mode and draws in it, and what is read of the device is
 * compared with what v86's own renderer draws. Runs where SeaBIOS is installed (`npm test` sees to it).
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { V86 } from 'v86';
import type { GraphicContent, ScreenContent } from '../../../screen/content.js';
import { makeFrame } from '../../../screen/frame.js';
import { findFirmware } from '../firmware.js';
import { readScreen, ScreenWatch, type VgaDevice } from './vga.js';

const firmware = await findFirmware().catch(() => null);
const guestTest = test.skipIf(firmware === null);

/** Mailbox in guest memory: state (1: go, 2: done), AX and BX for INT 10h; then the routine that draws. */
const STATE = 0x500;
const ROUTINE = 0x600;

/** Waits for the state 1, calls INT 10h and the routine, sets the state 2, again and again. */
function bootSector(): Uint8Array {
  const sector = new Uint8Array(1474560);
  const code = [
    [0x31, 0xc0], // xor ax, ax
    [0x8e, 0xd8], // mov ds, ax
    [0xc6, 0x06, 0x00, 0x05, 0x02], // again: mov byte [0x500], 2
    [0x80, 0x3e, 0x00, 0x05, 0x01], // wait: cmp byte [0x500], 1
    [0x75, 0xf9], // jne wait
    [0xa1, 0x02, 0x05], // mov ax, [0x502]
    [0x8b, 0x1e, 0x04, 0x05], // mov bx, [0x504]
    [0xcd, 0x10], // int 0x10
    [0xe8, 0xe4, 0x89], // call 0x600
    [0xeb, 0xe6], // jmp again
  ].flat();
  sector.set(code);
  sector.set([0x55, 0xaa], 510);
  return sector;
}

/** Puts a pixel of colour `x ^ y & 127` at every point of 320x64 with INT 10h, function 0Ch. */
const PIXELS = [
  [0xba, 0x00, 0x00], // mov dx, 0
  [0xb9, 0x00, 0x00], // row: mov cx, 0
  [0x88, 0xc8], // column: mov al, cl
  [0x30, 0xd0], // xor al, dl
  [0x24, 0x7f], // and al, 0x7f
  [0xb4, 0x0c], // mov ah, 0x0c
  [0xb7, 0x00], // mov bh, 0
  [0xcd, 0x10], // int 0x10
  [0x41], // inc cx
  [0x81, 0xf9, 0x40, 0x01], // cmp cx, 320
  [0x72, 0xed], // jb column
  [0x42], // inc dx
  [0x81, 0xfa, 0x40, 0x00], // cmp dx, 64
  [0x72, 0xe3], // jb row
  [0xc3], // ret
].flat();

/** Leaves the chain of mode 13h and writes a byte pattern to planes 0 and 2. */
const UNCHAINED = [
  [0xba, 0xc4, 0x03, 0xb8, 0x04, 0x06, 0xef], // sequencer 4 = 6: not chained
  [0xb8, 0x02, 0x05, 0xef], // sequencer 2 = 5: planes 0 and 2
  [0xba, 0xd4, 0x03, 0xb8, 0x14, 0x00, 0xef], // CRTC 14h = 0: no double words
  [0xb8, 0x17, 0xe3, 0xef], // CRTC 17h = E3h: bytes
  [0xb8, 0x00, 0xa0, 0x8e, 0xc0, 0x31, 0xff], // es:di = a000:0
  [0x89, 0xf8], // next: mov ax, di
  [0x00, 0xe0], // add al, ah
  [0xaa], // stosb
  [0x81, 0xff, 0x80, 0x3e], // cmp di, 16000
  [0x72, 0xf5], // jb next
  [0xc3], // ret
].flat();

/** Writes 64 KiB of changing bytes to the window of a VBE mode. */
const BYTES = [
  [0xb8, 0x00, 0xa0, 0x8e, 0xc0, 0x31, 0xff], // es:di = a000:0
  [0x89, 0xf8], // next: mov ax, di
  [0xf6, 0xe4], // mul ah
  [0xaa], // stosb
  [0x85, 0xff], // test di, di
  [0x75, 0xf7], // jnz next
  [0xc3], // ret
].flat();

/** Writes "Hi" with the BIOS. */
const HELLO = [0xb8, 0x48, 0x0e, 0xbb, 0x07, 0x00, 0xcd, 0x10, 0xb8, 0x69, 0x0e, 0xcd, 0x10, 0xc3];

interface Layer {
  image_data: { data: Uint8ClampedArray; width: number };
  screen_x: number;
  screen_y: number;
  buffer_x: number;
  buffer_y: number;
  buffer_width: number;
  buffer_height: number;
}

type Vga = VgaDevice & {
  svga_memory: Uint8Array;
  screen_width: number;
  screen_height: number;
  image_data: { data: Uint8ClampedArray; width: number } | null;
  screen_fill_buffer(): void;
  get_state(): unknown[];
};

interface Adapter {
  update_buffer(layers: Layer[]): void;
  get_text_screen(): string[];
}

type Insides = V86 & {
  v86: { cpu: { devices: { vga: Vga } }; next_tick(): void };
  screen_adapter: Adapter;
};

/** v86 renders only where this class exists. */
class ImageDataStandIn {
  constructor(
    readonly data: Uint8ClampedArray,
    readonly width: number,
    readonly height: number,
  ) {}
}

let emulator: Insides;
let mainLoop: () => number;
let vga: Vga;

async function runUntilDone(): Promise<void> {
  for (let loops = 0; emulator.read_memory(STATE, 1)[0] !== 2; loops++) {
    if (loops > 20_000) throw new Error('the guest did not answer');
    mainLoop();
    // Code is compiled asynchronously.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function setMode(ax: number, bx: number, routine: number[]): Promise<ScreenContent> {
  emulator.write_memory(routine, ROUTINE);
  emulator.write_memory([ax & 255, ax >> 8, bx & 255, bx >> 8], STATE + 2);
  emulator.write_memory([1], STATE);
  await runUntilDone();
  return readScreen(vga, vga.svga_memory);
}

/** What v86 draws, in its own size. */
function ownRendering(): { width: number; height: number; pixels: Uint32Array } {
  const { screen_width: width, screen_height: height } = vga;
  const pixels = new Uint32Array(width * height);
  emulator.screen_adapter.update_buffer = (layers) => {
    for (const layer of layers) paint(layer, pixels, width, height);
  };
  vga.screen_fill_buffer();
  return { width, height, pixels };
}

function paint(layer: Layer, pixels: Uint32Array, width: number, height: number): void {
  const { data, width: stride } = layer.image_data;
  const source = new Uint32Array(data.buffer, data.byteOffset, data.length >> 2);
  for (let y = 0; y < layer.buffer_height; y++) {
    for (let x = 0; x < layer.buffer_width; x++) {
      const [toX, toY] = [layer.screen_x + x, layer.screen_y + y];
      if (toX < 0 || toY < 0 || toX >= width || toY >= height) continue;
      pixels[toY * width + toX] = source[(layer.buffer_y + y) * stride + layer.buffer_x + x] ?? 0;
    }
  }
}

/** Largest difference of any channel between a picture and v86's, whose dots may stand for several. */
function largestDifference(content: GraphicContent, own: ReturnType<typeof ownRendering>): number {
  const [scaleX, scaleY] = [content.width / own.width, content.height / own.height];
  let largest = 0;
  for (let y = 0; y < content.height; y++) {
    for (let x = 0; x < content.width; x++) {
      const theirs = own.pixels[Math.floor(y / scaleY) * own.width + Math.floor(x / scaleX)] ?? 0;
      for (let channel = 0; channel < 3; channel++) {
        const ours = content.rgba[4 * (y * content.width + x) + channel] ?? -1;
        largest = Math.max(largest, Math.abs(ours - ((theirs >> (8 * channel)) & 255)));
      }
    }
  }
  return largest;
}

function coloursIn({ rgba }: GraphicContent): number {
  return new Set(new Uint32Array(rgba.buffer)).size;
}

function exactBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

beforeAll(async () => {
  if (firmware === null) return;
  Reflect.set(globalThis, 'ImageData', ImageDataStandIn);
  const wasm = await readFile(join(dirname(createRequire(import.meta.url).resolve('v86')), 'v86.wasm'));
  emulator = new V86({
    autostart: false,
    disable_speaker: true,
    disable_keyboard: true,
    disable_mouse: true,
    memory_size: 16 << 20,
    vga_memory_size: 8 << 20,
    bios: { buffer: exactBuffer(await readFile(firmware.bios)) },
    vga_bios: { buffer: exactBuffer(await readFile(firmware.vgaBios)) },
    fda: { buffer: exactBuffer(bootSector()) },
    wasm_fn: async (imports: WebAssembly.Imports) => {
      const { instance } = await WebAssembly.instantiate(wasm, imports);
      mainLoop = instance.exports['main_loop'] as () => number;
      return instance.exports;
    },
  }) as Insides;
  await new Promise<void>((resolve) => emulator.add_listener('emulator-ready', () => resolve()));
  emulator.v86.next_tick = () => undefined;
  vga = emulator.v86.cpu.devices.vga;
  emulator.write_memory([0], STATE);
  await runUntilDone();
});

afterAll(async () => {
  if (firmware === null) return;
  Reflect.deleteProperty(globalThis, 'ImageData');
  await emulator.destroy();
});

guestTest.each([
  ['04h', 0x04, '320x200, 4 colours', 640, 400, 4],
  ['05h', 0x05, '320x200, 4 colours', 640, 400, 3],
  ['06h', 0x06, '640x200, 2 colours', 640, 400, 2],
  ['0Dh', 0x0d, '320x200, 16 colours', 640, 400, 16],
  ['0Eh', 0x0e, '640x200, 16 colours', 640, 400, 16],
  ['10h', 0x10, '640x350, 16 colours', 640, 350, 16],
  ['11h', 0x11, '640x480, 16 colours', 640, 480, 2],
  ['12h', 0x12, '640x480, 16 colours', 640, 480, 16],
  ['13h', 0x13, '320x200, 256 colours', 640, 400, 120],
])(
  'mode %s is the picture that v86 draws, at the size of its raster',
  async (_, mode, words, width, height, colours) => {
    const content = await setMode(mode, 0, PIXELS);
    if (content.kind !== 'graphic') throw new Error(content.kind);
    expect(content.mode).toContain(words);
    expect([content.width, content.height]).toEqual([width, height]);
    expect(largestDifference(content, ownRendering())).toBe(0);
    expect(coloursIn(content)).toBeGreaterThanOrEqual(colours);
  },
);

guestTest('unchained 256 colours are the picture that v86 draws', async () => {
  const content = await setMode(0x13, 0, UNCHAINED);
  if (content.kind !== 'graphic') throw new Error(content.kind);
  expect(largestDifference(content, ownRendering())).toBe(0);
  expect(coloursIn(content)).toBeGreaterThan(100);
});

guestTest.each([
  [0x101, '640x480, 8 bpp', 0],
  [0x110, '640x480, 15 bpp', 1],
  [0x111, '640x480, 16 bpp', 1],
  [0x112, '640x480, 24 bpp', 0],
  [0x142, '640x480, 32 bpp', 0],
  [0x144, '1024x768, 32 bpp', 0],
])('VBE mode %d is %s, as v86 draws it', async (mode, words, tolerance) => {
  const content = await setMode(0x4f02, mode, BYTES);
  if (content.kind !== 'graphic') throw new Error(content.kind);
  expect(content.mode).toBe(words);
  expect(coloursIn(content)).toBeGreaterThan(100);
  // v86 widens 5 and 6 bits by v * 255 / 31, rounded down; here bits are repeated, as QEMU's screendump does.
  expect(largestDifference(content, ownRendering())).toBeLessThanOrEqual(tolerance);
});

guestTest.each([
  [0x01, 40, 640],
  [0x03, 80, 720],
  [0x07, 80, 720],
])('text mode %d has the words on v86’s own text screen', async (mode, columns, width) => {
  const content = await setMode(mode, 0, HELLO);
  const frame = makeFrame(content, 0);
  expect(frame.grid?.lines.map((line) => line.trimEnd())).toEqual(
    emulator.screen_adapter.get_text_screen().map((line) => line.trimEnd()),
  );
  expect(frame.grid?.lines[0]?.trimEnd()).toBe('Hi');
  expect([frame.grid?.columns, frame.width, frame.height]).toEqual([columns, width, 400]);
  expect(frame.grid?.cursor).toEqual({ column: 2, row: 0, visible: true });
  expect(new Set(new Uint32Array(frame.rgba.buffer)).size).toBe(2);
});

guestTest('reading and watching change nothing that v86 would save', async () => {
  await setMode(0x12, 0, PIXELS);
  const registers = () => vga.get_state().map((value) => (typeof value === 'object' ? null : value));
  const before = [registers(), Buffer.from(vga.vga_memory)] as const;
  readScreen(vga, vga.svga_memory);
  new ScreenWatch().changed(vga, vga.svga_memory);
  expect(registers()).toEqual(before[0]);
  expect(before[1].equals(vga.vga_memory)).toBe(true);
});
