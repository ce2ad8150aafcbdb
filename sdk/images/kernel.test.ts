import { expect, test } from 'vitest';
import { unpackKernel } from './kernel.js';

const SETUP_SECTORS = 4;
const SETUP_BYTES = (SETUP_SECTORS + 1) * 512;

/** An ELF file with one segment of code at 16 MB and one of data, with room for zeroes, behind it. */
function elf(): Uint8Array {
  const bytes = new Uint8Array(0x3000);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  view.setUint16(18, 3, true);
  view.setUint32(24, 0x1000010, true);
  view.setUint32(28, 52, true);
  view.setUint16(42, 32, true);
  view.setUint16(44, 2, true);
  const segments = [
    [1, 0x1000, 0xc1000000, 0x1000000, 0x800, 0x800],
    [1, 0x2000, 0xc1002000, 0x1002000, 0x400, 0x9000],
  ];
  segments.forEach((fields, index) => {
    fields.forEach((field, at) => view.setUint32(52 + index * 32 + at * 4, field, true));
  });
  bytes.fill(0xaa, 0x1000, 0x1800);
  bytes.fill(0xbb, 0x2000, 0x2400);
  return bytes;
}

/** A bzImage around some payload, which the test's `unxz` turns into the ELF file. */
function bzImage(payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(SETUP_BYTES + 0x100 + payload.length + 4);
  const view = new DataView(bytes.buffer);
  view.setUint8(0x1f1, SETUP_SECTORS);
  view.setUint32(0x202, 0x53726448, true);
  view.setUint16(0x206, 0x20f, true);
  view.setUint8(0x234, 1);
  view.setUint32(0x248, 0x100, true);
  view.setUint32(0x24c, payload.length + 4, true);
  bytes.set(payload, SETUP_BYTES + 0x100);
  return bytes;
}

/** Runs the few instructions of the stub, by their encodings, on a memory of 32 MB. */
function runStub(image: Uint8Array): { jump: number; esi: number; memory: Uint8Array } {
  const memory = new Uint8Array(32 << 20);
  memory.set(image.subarray(SETUP_BYTES), 0x100000);
  const view = new DataView(memory.buffer);
  const registers = { eax: 0, ecx: 0, ebx: 0, esi: 0x90000, edi: 0 };
  for (let at = 0x100000; ;) {
    const code = view.getUint8(at);
    const word = () => view.getUint32(at + 1, true);
    const pair = view.getUint16(at, true);
    if (code === 0xfa || code === 0xfc) at += 1;
    else if (pair === 0xf389) at += ((registers.ebx = registers.esi), 2);
    else if (pair === 0xde89) at += ((registers.esi = registers.ebx), 2);
    else if (code === 0xbe) at += ((registers.esi = word()), 5);
    else if (code === 0xbf) at += ((registers.edi = word()), 5);
    else if (code === 0xb9) at += ((registers.ecx = word()), 5);
    else if (code === 0xb8) at += ((registers.eax = word()), 5);
    else if (pair === 0xa5f3) {
      for (; registers.ecx > 0; registers.ecx--, registers.esi += 4, registers.edi += 4) {
        view.setUint32(registers.edi, view.getUint32(registers.esi, true), true);
      }
      at += 2;
    } else if (pair === 0xe0ff) return { jump: registers.eax, esi: registers.esi, memory };
    else throw new Error(`no instruction known at ${at.toString(16)}: ${code.toString(16)}`);
  }
}

test('what is started in place of the unpacker puts every segment at its address and jumps to the entry', async () => {
  const image = await unpackKernel(bzImage(Uint8Array.from([1, 2, 3])), async (payload) => {
    expect([...payload]).toEqual([1, 2, 3]);
    return elf();
  });
  const { jump, esi, memory } = runStub(image);
  expect(jump).toBe(0x1000010);
  expect(esi).toBe(0x90000);
  expect(memory.subarray(0x1000000, 0x1000800).every((byte) => byte === 0xaa)).toBe(true);
  expect(memory.subarray(0x1000800, 0x1002000).every((byte) => byte === 0)).toBe(true);
  expect(memory.subarray(0x1002000, 0x1002400).every((byte) => byte === 0xbb)).toBe(true);
});

test('the header tells boot loaders the new size, and to load it at 1 MB with room for the kernel', async () => {
  const image = await unpackKernel(bzImage(new Uint8Array(10)), async () => elf());
  const view = new DataView(image.buffer, image.byteOffset);
  expect(view.getUint32(0x1f4, true) * 16).toBe(image.length - SETUP_BYTES);
  expect(view.getUint8(0x234)).toBe(0);
  expect(view.getBigUint64(0x258, true)).toBe(0x100000n);
  // The last segment ends, with its zeroes, at 0x100b000.
  expect(view.getUint32(0x260, true)).toBe(0x100b000 - 0x100000);
});

test('what is no bzImage, and what holds no 32-bit x86 program, is refused', async () => {
  await expect(unpackKernel(new Uint8Array(8192), async () => elf())).rejects.toThrow('no bzImage');
  const wide = elf().fill(2, 4, 5);
  await expect(unpackKernel(bzImage(new Uint8Array(10)), async () => wide)).rejects.toThrow('no 32-bit x86');
});
