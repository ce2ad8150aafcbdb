import { expect, test } from 'vitest';
import { fuzz, renderedShare } from './counter-fuzz.test.helper.js';
import { WAYS, type Ways } from './pixelmatch-rule.test.helper.js';

/** So often has each way through the rule to be taken for its outcome to count as tested. */
const OFTEN = 20;

test('every way to count gives what pixelmatch counts, on pictures that take every way through its rule', () => {
  const ways: Ways = new Map();
  const tally = fuzz(1, 300, ways);
  expect(renderedShare(tally)).toBeGreaterThan(1 / 3);
  expect(tally.trials.text).toBeGreaterThan(40);
  expect(tally.trials.shapes).toBeGreaterThan(40);
  expect(tally.alpha).toBeGreaterThan(40);
  expect(tally.differing).toBeGreaterThan(150);
  const rare = WAYS.filter((way) => (ways.get(way) ?? 0) < OFTEN).map((way) => `${way}: ${ways.get(way) ?? 0}`);
  expect(rare).toEqual([]);
});

test('differences of opaque colours have one brightness each: the port may take whole numbers for it', () => {
  // 29889531 r + 58662247 g + 11448223 b is 0 for no differences but 0, 0, 0; so different colours are never as bright.
  const equal: [number, number, number][] = [];
  for (let red = -255; red <= 255; red++) {
    for (let green = -255; green <= 255; green++) {
      const blue = -(29889531 * red + 58662247 * green) / 11448223;
      if (Number.isInteger(blue) && Math.abs(blue) <= 255) equal.push([red, green, blue]);
    }
  }
  expect(equal).toEqual([[0, 0, -0]]);
});
