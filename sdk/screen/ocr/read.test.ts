import { expect, test } from 'vitest';
import { Drawing } from './drawn.test.helper.js';
import { digestOf, Memo } from './memo.js';
import { readPicture } from './read.js';
import type { Recognised } from './rows.js';
import type { Grey } from './strip.js';

type Answers = Memo<Promise<Recognised[]>>;

/** Reads every strip as one word, `w` and its width; counts. */
function reader() {
  let reads = 0;
  const recognise = async ({ width }: Grey): Promise<Recognised[]> => {
    reads++;
    const text = `w${width}`;
    const symbols = Array.from(text, (symbol, i) => ({
      text: symbol,
      left: 4 + ((width - 8) * i) / text.length,
      right: 4 + ((width - 8) * (i + 1)) / text.length,
    }));
    return [{ confidence: 0.9, symbols }];
  };
  const memo: Answers = new Memo(10);
  return { recognise, memo, reads: () => reads };
}

test('a row has its place, its rung, its confidence and its colours', async () => {
  const { recognise, memo } = reader();
  const [row] = await readPicture(new Drawing(100, 40, 0x2b8578).text(10, 12, 'HAT', 0xffffff), recognise, memo);
  expect(row).toMatchObject({ text: 'w25', y: 12, height: 7, rung: 'ocr', wraps: false });
  expect(row?.confidence).toBeCloseTo(0.9);
  expect(row?.colours).toEqual([{ start: 0, end: 3, foreground: 0xffffff, background: 0x2b8578 }]);
  expect(Array.from(row?.edges ?? [])[0]).toBe(10);
  expect(row?.edges[3]).toBe(27);
  expect(row?.edges.length).toBe(4);
});

test('what looks as it did is not recognised again; what changed is', async () => {
  const { recognise, memo, reads } = reader();
  const picture = new Drawing(100, 80, 0xffffff).text(10, 12, 'HAT', 0).text(10, 40, 'HEAL', 0);
  const before = await readPicture(picture, recognise, memo);
  expect(reads()).toBe(2);
  expect(await readPicture(picture, recognise, memo)).toEqual(before);
  expect(reads()).toBe(2);
  picture.text(34, 40, 'L', 0);
  await readPicture(picture, recognise, memo);
  expect(reads()).toBe(3);
});

test('a line that moved, or is highlighted now, is not recognised again', async () => {
  const { recognise, memo, reads } = reader();
  await readPicture(new Drawing(100, 80, 0xffffff).text(10, 12, 'HAT', 0), recognise, memo);
  const [row] = await readPicture(new Drawing(100, 80, 0x2b8578).text(30, 50, 'HAT', 0xffffff), recognise, memo);
  expect(reads()).toBe(1);
  expect(row).toMatchObject({ text: 'w25', y: 50 });
  expect(row?.edges[0]).toBe(30);
});

test('a failure is told and not remembered', async () => {
  const { recognise, memo } = reader();
  const picture = new Drawing(100, 40, 0xffffff).text(10, 12, 'HAT', 0);
  await expect(readPicture(picture, () => Promise.reject(new Error('gone')), memo)).rejects.toThrow('gone');
  expect(memo.size).toBe(0);
  expect(await readPicture(picture, recognise, memo)).toHaveLength(1);
});

test('what stands on one height on different grounds is one row, in order, its gap as blanks', async () => {
  const { recognise, memo } = reader();
  const picture = new Drawing(300, 60, 0xefebe7)
    .box(10, 10, 80, 30, 0xffffff)
    .text(20, 20, 'HAT', 0)
    .box(200, 10, 80, 30, 0x2b8578)
    .text(210, 20, 'LEAL', 0xffffff);
  const rows = await readPicture(picture, recognise, memo);
  expect(rows.map(({ text }) => text.replaceAll(/ +/g, ' '))).toEqual(['w25 w31']);
  const [row] = rows;
  expect(row?.text.length).toBeGreaterThan(20);
  expect(row?.edges.length).toBe((row?.text.length ?? 0) + 1);
  const edges = Array.from(row?.edges ?? []);
  expect(edges).toEqual([...edges].sort((a, b) => a - b));
  expect(row?.edges[row.text.indexOf('w31')]).toBe(210);
  expect(row?.colours.map(({ background }) => background)).toEqual([0xffffff, 0x2b8578]);
});

test('only the given areas are read; what is outside the picture is left out', async () => {
  const { recognise, memo, reads } = reader();
  const picture = new Drawing(100, 80, 0xffffff).text(10, 12, 'HAT', 0).text(10, 50, 'HEAL', 0);
  const rows = await readPicture(picture, recognise, memo, [
    { x: 0, y: 40, width: 500, height: 500 },
    { x: 200, y: 0, width: 50, height: 50 },
  ]);
  expect(rows.map(({ y }) => y)).toEqual([50]);
  expect(reads()).toBe(1);
  expect(await readPicture(picture, recognise, memo, [])).toEqual([]);
});

test('words that the recogniser hardly believes in are left out', async () => {
  const picture = new Drawing(100, 40, 0xffffff).text(10, 12, 'HAT', 0);
  const doubtful = async () => [{ confidence: 0.05, symbols: [{ text: 'gJ', left: 4, right: 20 }] }];
  expect(await readPicture(picture, doubtful, new Memo(1))).toEqual([]);
});

test('the memo keeps what was used last', () => {
  const memo = new Memo<number>(2);
  memo.set('a', 1);
  memo.set('b', 2);
  expect(memo.get('a')).toBe(1);
  memo.set('c', 3);
  expect([memo.get('a'), memo.get('b'), memo.get('c')]).toEqual([1, undefined, 3]);
});

test('digests differ with any pixel and with the shape', () => {
  const grey = new Uint8Array(64).fill(255);
  const digests = new Set([digestOf({ width: 8, height: 8, grey }), digestOf({ width: 16, height: 4, grey })]);
  for (let i = 0; i < 64; i++) digests.add(digestOf({ width: 8, height: 8, grey: grey.with(i, 0) }));
  expect(digests.size).toBe(66);
});
