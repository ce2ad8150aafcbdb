import { expect, test } from 'vitest';
import { KeptBytes } from './kept-bytes.js';

test.each([1, 31, 32, 33, 64, 1000, 32_768, 32_769, 200_000])(
  'of %d bytes a change of any one is seen, once',
  (length) => {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 31) & 255);
    const kept = new KeptBytes();
    expect([kept.changed(bytes), kept.changed(bytes)]).toEqual([true, false]);
    for (const at of new Set([0, length >> 1, Math.max(0, length - 9), length - 1])) {
      bytes[at] = (bytes[at] ?? 0) ^ 0x80;
      expect([kept.changed(bytes), kept.changed(bytes)], `byte ${at}`).toEqual([true, false]);
    }
  },
);

test('nothing is different from not having been asked, and the same afterwards', () => {
  const kept = new KeptBytes();
  expect([kept.changed(new Uint8Array(0)), kept.changed(new Uint8Array(0))]).toEqual([true, false]);
});

test('another length is a change, even by zeros at the end', () => {
  const kept = new KeptBytes();
  kept.changed(new Uint8Array(40));
  expect(kept.changed(new Uint8Array(41))).toBe(true);
  expect(kept.changed(new Uint8Array(40))).toBe(true);
  expect(kept.changed(new Uint8Array(40))).toBe(false);
});

test('bytes that come back after growing and shrinking are compared with the last ones only', () => {
  const kept = new KeptBytes();
  const small = new Uint8Array(100).fill(7);
  const large = new Uint8Array(300_000).fill(7);
  expect([small, large, small, small, large].map((bytes) => kept.changed(bytes))).toEqual([
    true,
    true,
    true,
    false,
    true,
  ]);
});
