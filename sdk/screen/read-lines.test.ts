import { expect, test } from 'vitest';
import { readLines } from './read-lines.js';
import { textPage } from './text-fixture.js';

test('borders and blank rows are left out, and the region is that of the text', () => {
  const page = textPage(['┌────────┐', '│ Install │', '', '► Rescue   mode']);
  expect(readLines(page)).toMatchObject([
    { text: 'Install', region: { x: 18, y: 16, width: 63, height: 16 }, rung: 'cells', confidence: 1 },
    { text: 'Rescue   mode', region: { x: 18, y: 48, width: 117, height: 16 } },
  ]);
});

test('what stands between borders of one row is one line, the border a blank', () => {
  expect(readLines(textPage(['CLK: 2598MHz │ Pass']))[0]?.text).toBe('CLK: 2598MHz   Pass');
});

test('a screen of borders alone has no lines', () => {
  expect(readLines(textPage(['╔══╗', '╚══╝']))).toEqual([]);
});
