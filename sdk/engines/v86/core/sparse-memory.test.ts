import { expect, test } from 'vitest';
import { MemoryCopier, PAGE } from './sparse-memory.js';

function memoryWith(...bytes: [at: number, value: number][]): { memory: WebAssembly.Memory; all: Uint8Array } {
  const memory = new WebAssembly.Memory({ initial: 4 });
  const all = new Uint8Array(memory.buffer);
  for (const [at, value] of bytes) all[at] = value;
  return { memory, all };
}

test('only pages that are not zero are kept: the first and the last byte of a page count', () => {
  const { memory } = memoryWith([0, 1], [3 * PAGE - 1, 2], [5 * PAGE, 3], [5 * PAGE + 77, 4], [64 * PAGE - 1, 5]);
  const copy = new MemoryCopier(memory).copy(null);
  expect([...copy.pages]).toEqual([0, 2, 5, 63]);
  expect(copy.bytes.length).toBe(4 * PAGE);
  expect(copy.length).toBe(64 * PAGE);
});

test('a restore gives back every byte, where there was something and where there was nothing', () => {
  const { memory, all } = memoryWith();
  for (let at = 0; at < all.length; at += 977) if (Math.floor(at / PAGE) % 3 !== 1) all[at] = at % 251;
  const before = all.slice();
  const copier = new MemoryCopier(memory);
  const copy = copier.copy(null);
  all.fill(0xff, PAGE, 20 * PAGE);
  all.fill(0, 30 * PAGE, 40 * PAGE);
  all[63 * PAGE + 5] = 9;
  copier.restore(copy);
  expect(Buffer.compare(all, before)).toBe(0);
});

test('a spare buffer is used when it is large enough, and what was in it does not show', () => {
  const { memory } = memoryWith([PAGE, 1]);
  const copier = new MemoryCopier(memory);
  const spare = new Uint8Array(3 * PAGE).fill(0xee);
  const copy = copier.copy(spare.buffer);
  expect(copy.bytes.buffer).toBe(spare.buffer);
  expect(copy.bytes.reduce((sum, byte) => sum + byte, 0)).toBe(1);
  expect(copier.copy(new ArrayBuffer(10)).bytes).toEqual(copy.bytes);
});

test('a copy of a range has its pages counted from its start, and nothing of what is around', () => {
  const { memory } = memoryWith([95, 9], [96, 1], [96 + PAGE - 1, 2], [96 + 2 * PAGE, 3], [96 + 2 * PAGE + 64, 9]);
  const { length, pages, bytes } = new MemoryCopier(memory).copyRange(96, 96 + 2 * PAGE + 64);
  expect([length, ...pages]).toEqual([2 * PAGE + 64, 0, 2]);
  expect([...bytes.entries()].filter(([, byte]) => byte !== 0)).toEqual([
    [0, 1],
    [PAGE - 1, 2],
    [PAGE, 3],
  ]);
  expect(() => new MemoryCopier(memory).copyRange(1, PAGE)).toThrow('steps of 32');
});

test('a memory of another size is refused', () => {
  const copy = new MemoryCopier(memoryWith().memory).copy(null);
  const other = new MemoryCopier(new WebAssembly.Memory({ initial: 5 }));
  expect(() => other.restore(copy)).toThrow('another size');
});
