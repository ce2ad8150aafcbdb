import { expect, test } from 'vitest';
import type { TextPage } from '../../sdk/screen/page.js';
import { textAt, textWithin } from './text-at.js';

function page(rung: 'cells' | 'ocr', confidence: number, ...rows: string[]): TextPage {
  return {
    rows: rows.map((text, row) => ({
      text: text.padEnd(40),
      edges: Array.from({ length: 41 }, (_, column) => column * 9),
      y: row * 16,
      height: 16,
      rung,
      confidence,
      colours: [],
      wraps: true,
    })),
  };
}
const at = (column: number, row: number) => ({ x: column * 9 + 4, y: row * 16 + 8 });

test('a click is on the words around it, up to a gap or a border, and on the right one of several', () => {
  const screen = page('cells', 1, '│ Go Back │   Install', '  Go Back');
  expect(textAt(screen, at(3, 0))).toEqual({ text: 'Go Back', nth: 0 });
  expect(textAt(screen, at(15, 0))).toEqual({ text: 'Install', nth: 0 });
  expect(textAt(screen, at(4, 1))).toEqual({ text: 'Go Back', nth: 1 });
  expect(textAt(screen, at(11, 0))).toBeNull();
  expect(textAt(screen, at(30, 1))).toBeNull();
});

test('what was recognised without being sure is not relied on', () => {
  expect(textAt(page('ocr', 0.4, 'lnstaII'), at(2, 0))).toBeNull();
  expect(textAt(page('ocr', 0.9, 'Install'), at(2, 0))).toEqual({ text: 'Install', nth: 0 });
});

test('a rectangle holds the characters that lie in it by more than half', () => {
  const screen = page('cells', 1, 'eth0: up', '', 'eth1: down');
  expect(textWithin(screen, { x: 5, y: 2, width: 9 * 8, height: 12 })).toBe('th0: up');
  expect(textWithin(screen, { x: 0, y: 0, width: 400, height: 48 })).toBe('eth0: up\neth1: down');
  expect(textWithin(screen, { x: 200, y: 0, width: 100, height: 48 })).toBe('');
});
