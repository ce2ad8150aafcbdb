import { expect, test } from 'vitest';
import type { Recognised } from './rows.js';
import { readAtScales } from './scales.js';
import type { Grey } from './strip.js';

function line(height: number): Grey {
  return { width: 40, height, grey: new Uint8Array(40 * height).fill(255) };
}

function word(text: string, confidence: number): Recognised {
  return { confidence, symbols: [{ text, left: 60, right: 90 }] };
}

/** Answers by the scale of the picture that it is given. */
function readings(answers: Record<number, Recognised[]>) {
  const scales: number[] = [];
  const read = ({ width }: Grey) => {
    scales.push(width / 40);
    return answers[width / 40] ?? [];
  };
  return { read, scales };
}

test('a sure reading at three times the size is all there is, with places on the line', () => {
  const { read, scales } = readings({ 3: [word('a', 0.9)] });
  expect(readAtScales(line(20), 4, read)).toEqual([{ confidence: 0.9, symbols: [{ text: 'a', left: 20, right: 30 }] }]);
  expect(scales).toEqual([3]);
});

test('a doubtful one is read once more, smaller, and the surer is taken', () => {
  const worse = readings({ 3: [word('a', 0.5)], 2: [word('b', 0.4)] });
  expect(readAtScales(line(20), 4, worse.read)[0]?.symbols[0]?.text).toBe('a');
  const better = readings({ 3: [word('a', 0.5)], 2: [word('b', 0.7)] });
  expect(readAtScales(line(20), 4, better.read)[0]?.symbols[0]).toEqual({ text: 'b', left: 30, right: 45 });
  expect(better.scales).toEqual([3, 2]);
});

test('nothing is doubtful too', () => {
  const { read, scales } = readings({ 2: [word('b', 0.2)] });
  expect(readAtScales(line(20), 4, read)[0]?.symbols[0]?.text).toBe('b');
  expect(scales).toEqual([3, 2]);
  expect(readAtScales(line(20), 4, () => [])).toEqual([]);
});

test('large text is enlarged less', () => {
  const { read, scales } = readings({});
  readAtScales(line(50), 4, read);
  expect(scales).toEqual([2, 1]);
});
