import { expect, test } from 'vitest';
import { wordFigures } from './table.js';

test('a table has a line for each figure, with a dash where there is nothing to compare with', () => {
  const figures = {
    'v86.throughput': { value: 313_456_789, unit: 'instructions/s', baseline: 320_000_000, ratio: 0.9795 },
    'frame.capture': { value: 1.234, unit: 'ms', baseline: null, ratio: null },
  };
  expect(wordFigures(figures)).toBe(
    [
      'name                  value     baseline  unit            ratio',
      'v86.throughput  313,000,000  320,000,000  instructions/s   0.98',
      'frame.capture          1.23            -  ms                  -',
    ].join('\n'),
  );
});
