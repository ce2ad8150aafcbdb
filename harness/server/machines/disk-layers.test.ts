/** Which layer of a disk goes into the one below it. */
import { expect, test } from 'vitest';
import { layerToMerge, type LayerUse } from './disk-layers.js';

/** One character each, oldest first: what others have too, what is the machine's alone, what is not there yet. */
const layers = (words: string, bytes: readonly number[] = []): LayerUse[] =>
  Array.from(words, (letter, i) => ({ links: { s: 2, o: 1, '-': 0 }[letter] ?? 0, bytes: bytes[i] ?? 100 - i }));

test.each([
  ['o', null],
  ['oo', 1],
  ['so', null],
  ['soo', 2],
  ['oo-', null],
  ['os', null],
  ['', null],
])('what was written last to %s: %s', (words, expected) => {
  expect(layerToMerge(layers(words), 'last')).toBe(expected);
});

test.each([
  ['oooooooo', null],
  ['ooooooooo', 8],
  ['sssssssso', null],
  ['ssssssooo-', 8],
  ['ooossssssss', 2],
])('of many, %s: %s', (words, expected) => {
  expect(layerToMerge(layers(words), 'many')).toBe(expected);
});

test('of many the smallest goes first', () => {
  expect(layerToMerge(layers('ooooooooo', [9, 9, 9, 1, 9, 9, 9, 9, 9]), 'many')).toBe(3);
});
