import { expect, test } from 'vitest';
import { normaliseLine, scoreLines } from './lines-score.js';

test('text that was read as it is scores full marks, in any order', () => {
  expect(scoreLines(['Select a language', 'Go Back'], ['Go Back', 'Select a language'])).toEqual({
    lines: 2,
    found: 2,
    cer: 0,
  });
});

test('runs of blanks, borders and menu triangles do not count on either side', () => {
  expect(normaliseLine('│  cpu   cores\t: 1 ▶│')).toBe('cpu cores : 1');
  expect(scoreLines(['╔════╗', 'cpu  cores : 1'], ['║ cpu cores   : 1 ║']).found).toBe(1);
  expect(scoreLines(['╔════╗', 'cpu  cores : 1'], []).lines).toBe(1);
});

test('a line is found inside a longer one that was read, as columns stand side by side', () => {
  expect(scoreLines(['RAM Disk Configuration'], ['RAM Disk Configuration options.'])).toEqual({
    lines: 1,
    found: 1,
    cer: 0,
  });
});

test('a line that was read only in part is not found', () => {
  expect(scoreLines(['Screenshot Go Back'], ['Go Back', 'Screenshot'])).toMatchObject({ lines: 1, found: 0 });
});

test('wrong, missing and surplus characters count as errors', () => {
  expect(scoreLines(['0x1000'], ['Ox1000']).cer).toBeCloseTo(1 / 6);
  expect(scoreLines(['0x1000'], ['x1000']).cer).toBeCloseTo(1 / 6);
  expect(scoreLines(['0x1000'], ['0x1-000']).cer).toBeCloseTo(1 / 6);
});

test('each true line is held against the read line nearest to it', () => {
  expect(scoreLines(['alpha', 'gamma'], ['alphq', 'gammq'])).toEqual({ lines: 2, found: 0, cer: 2 / 10 });
});

test('nothing read is an error rate of one, never more', () => {
  expect(scoreLines(['abc', 'de'], [])).toEqual({ lines: 2, found: 0, cer: 1 });
  expect(scoreLines(['abc'], ['zzzzzzzzzzzzzzzz']).cer).toBe(1);
});

test('composed and decomposed characters are the same', () => {
  expect(scoreLines(['Čeština'], ['C\u030ces\u030ctina']).found).toBe(1);
});

test('characters beyond the BMP count as one', () => {
  expect(scoreLines(['a😀b'], ['a😁b']).cer).toBeCloseTo(1 / 3);
});

test('no true lines: nothing is wrong', () => {
  expect(scoreLines([], ['noise'])).toEqual({ lines: 0, found: 0, cer: 0 });
});
