import { expect, test } from 'vitest';
import { terminalWidth } from './terminal.js';

test.each([
  [true, 120, '', 120],
  [true, 120, '80', 120],
  [true, 10, '', 40],
  [true, 0, '', 100],
  [false, 0, '80', 80],
  [false, 0, '', 100],
  [false, 0, 'wide', 100],
  [false, 0, '0', 100],
])('a terminal: %s, of %d columns, "%s" in the environment: messages take %d', (isTTY, columns, variable, width) => {
  expect(terminalWidth({ isTTY, columns }, variable)).toBe(width);
});
