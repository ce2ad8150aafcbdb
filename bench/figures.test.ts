import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { median, mergeFigures, storeFigures, type Figure } from './figures.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'guestwright-bench-'));
});
afterEach(async () => rm(folder, { recursive: true }));

const ms = (value: number): Figure => ({ value, unit: 'ms', baseline: null, ratio: null });

test('a group that is run alone keeps the figures of the others and replaces its own', () => {
  expect(mergeFigures({ 'v86.save': ms(80), 'screen.compare': ms(3) }, { 'v86.save': ms(70) })).toEqual({
    'screen.compare': ms(3),
    'v86.save': ms(70),
  });
});

test('figures are written in order of their names, whatever the order of the runs', () => {
  expect(Object.keys(mergeFigures({ c: ms(1) }, { b: ms(1), a: ms(1) }))).toEqual(['a', 'b', 'c']);
});

test('the file is made when it is missing, merged when it is there, and leaves nothing beside it', async () => {
  const file = path.join(folder, 'reports', 'bench.json');
  await storeFigures(file, { b: ms(1) });
  await storeFigures(file, { a: { value: 2, unit: 's', baseline: 4, ratio: 2 } });
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
    a: { value: 2, unit: 's', baseline: 4, ratio: 2 },
    b: ms(1),
  });
  expect(await readdir(path.dirname(file))).toEqual(['bench.json']);
});

test('a file that is not ours is refused with a reason, and stays as it is', async () => {
  const file = path.join(folder, 'bench.json');
  await writeFile(file, '{"a": 1}');
  await expect(storeFigures(file, { b: ms(1) })).rejects.toThrow(/does not hold figures/);
  expect(await readFile(file, 'utf8')).toBe('{"a": 1}');
});

test('the median of an even number of values is the mean of the middle two', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([9, 1, 5, 6])).toBe(5.5);
  expect(() => median([])).toThrow(RangeError);
});
