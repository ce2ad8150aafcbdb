import { expect, test } from 'vitest';
import type { TextPage, TextRow } from './page.js';
import { findText } from './text.js';

/** Rows of one height below each other, each in one pair of colours or in several. */
function page(
  ...rows: [text: string, ...colours: [foreground: number, background: number, until?: number][]][]
): TextPage {
  return {
    rows: rows.map(([text, ...colours], index): TextRow => {
      let start = 0;
      return {
        text,
        edges: Array.from({ length: text.length + 1 }, (_, unit) => unit * 8),
        y: index * 16,
        height: 16,
        rung: 'glyphs',
        confidence: 1,
        wraps: false,
        colours: colours.map(([foreground, background, until = text.length]) => {
          const run = { start, end: until, foreground, background };
          start = until;
          return run;
        }),
      };
    }),
  };
}

const PLAIN: [number, number] = [0xaaaaaa, 0x000000];
const LIT: [number, number] = [0x000000, 0xaaaaaa];
const selected = (where: TextPage, text: string) => findText(where, text, { selected: true }).length > 0;

test('the highlighted row of a list is selected, the others are not', () => {
  const menu = page(['Install', PLAIN], ['Rescue', LIT], ['Reboot', PLAIN]);
  expect(['Install', 'Rescue', 'Reboot'].filter((text) => selected(menu, text))).toEqual(['Rescue']);
  expect(findText(menu, 'Reboot', { selected: false })).toHaveLength(1);
});

test('the first and the last row of a list can be selected', () => {
  expect(selected(page(['Install', LIT], ['Rescue', PLAIN], ['Reboot', PLAIN]), 'Install')).toBe(true);
  expect(selected(page(['Install', PLAIN], ['Rescue', PLAIN], ['Reboot', LIT]), 'Reboot')).toBe(true);
});

test('a button is selected by the colours of the other on its row', () => {
  const buttons = page(
    ['Do you want to go on?', [0x000000, 0xaaaaaa]],
    [''],
    [''],
    [''],
    ['<Yes>   <No>', [0xffffff, 0xaa0000, 6], [0x000000, 0xaaaaaa]],
  );
  expect(selected(buttons, '<Yes>')).toBe(true);
  expect(selected(buttons, '<No>')).toBe(false);
});

test('of two rows the one in the rarer colours is selected', () => {
  const menu = page(['Yes', LIT], ['No', PLAIN], [''], [''], [''], ['F1 Help  F2 Back', PLAIN]);
  expect(['Yes', 'No'].filter((text) => selected(menu, text))).toEqual(['Yes']);
});

test('colours that an eye cannot tell apart select nothing: ground over a picture varies', () => {
  const menu = page(
    ['Install', [0xcccccc, 0x102030]],
    ['Rescue', [0xc8c8c8, 0x152535]],
    ['Reboot', [0xcccccc, 0x0c1c2c]],
  );
  expect(['Install', 'Rescue', 'Reboot'].filter((text) => selected(menu, text))).toEqual([]);
});

test('a text that stands alone is not selected: nothing says so', () => {
  expect(selected(page(['login:', LIT]), 'login:')).toBe(false);
});
