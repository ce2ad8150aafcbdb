import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addMeasured, durationsLeft, readDurations, writeDurations } from './durations.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'guestwright-durations-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const ran = (title: string, seconds: number) => ({ title, seconds, memoised: false });

test('what was written is read, in an order that makes small differences', () => {
  const file = durationsLeft(folder);
  expect(readDurations(file)).toEqual(new Map());
  writeDurations(file, addMeasured(new Map(), [ran('b › x', 2.04), ran('a › y', 1)]));
  expect(Object.keys((JSON.parse(readFileSync(file, 'utf8')) as { seconds: object }).seconds)).toEqual([
    'a › y',
    'b › x',
  ]);
  expect(readDurations(file)).toEqual(
    new Map([
      ['a › y', 1],
      ['b › x', 2],
    ]),
  );
});

test.each(['', '{"version":2,"seconds":{}}', '{"version":1,"seconds":{"a":-1}}'])(
  'a file that holds something else (%j) is refused: shards would differ',
  (text) => {
    const file = join(folder, 'durations.json');
    writeFileSync(file, text);
    expect(() => readDurations(file)).toThrow('does not hold durations of tests');
  },
);

test('the last run counts, the longest of several repetitions, and tests that did not run stay', () => {
  const known = new Map([
    ['a', 5],
    ['b', 7],
  ]);
  expect(addMeasured(known, [ran('a', 2), ran('a', 3)])).toEqual(
    new Map([
      ['a', 3],
      ['b', 7],
    ]),
  );
});

test('a test that came from the store does not look shorter than it is', () => {
  const memoised = { title: 'a', seconds: 0.2, memoised: true };
  expect(addMeasured(new Map([['a', 300]]), [memoised])).toEqual(new Map([['a', 300]]));
  expect(addMeasured(new Map(), [memoised])).toEqual(new Map([['a', 0.2]]));
});
