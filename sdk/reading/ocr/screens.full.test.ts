/** Whole screens with their true text. Floors, not aims: what is measured is in the bench. */
import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { scoreLines, type LinesScore } from '../../screen/lines-score.js';
import { decodePng } from '../png.js';
import { OcrReader } from './reader.js';

const reader = new OcrReader({ languages: ['eng'] });
afterAll(() => reader.dispose());

async function scoreOf(name: string, folder = 'sdk/screen/screens'): Promise<LinesScore> {
  const file = `${folder}/${name}`;
  const rows = await reader.read(decodePng(readFileSync(`${file}.png`), name));
  return scoreLines(
    readFileSync(`${file}.txt`, 'utf8').split('\n'),
    rows.map(({ text }) => text),
  );
}

test('at least 85 % of the lines of the graphical screens are found verbatim', async () => {
  const [small, large] = [await scoreOf('gtk800'), await scoreOf('gtk1024')];
  expect((small.found + large.found) / (small.lines + large.lines)).toBeGreaterThanOrEqual(0.85);
  expect(large.cer).toBeLessThan(0.01);
  // Five of its lines are in scripts that the English model does not know.
  expect(small.cer).toBeLessThan(0.1);
});

test.each([
  ['fbsh', 0.7, 0.03],
  ['ovmfdm', 0.7, 0.05],
  ['grubgfx', 0.5, 0.06],
])('as the only reader of %s it finds some lines, and nearly all characters', async (name, lines, cer) => {
  const score = await scoreOf(name);
  expect(score.found / score.lines).toBeGreaterThanOrEqual(lines);
  expect(score.cer).toBeLessThan(cer);
});

// Both drawn for this test: GTK's dark theme with a selected row, and a page with dim, red and small text on dark.
test.each([
  ['dark-dialog', 0.7, 0.02],
  ['system-monitor', 0.95, 0.01],
])('light text on dark is read: %s', async (name, lines, cer) => {
  const score = await scoreOf(name, 'sdk/reading/ocr/screens');
  expect(score.found / score.lines).toBeGreaterThanOrEqual(lines);
  expect(score.cer).toBeLessThan(cer);
});
