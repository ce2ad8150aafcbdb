import { expect, test } from 'vitest';
import { makeFrame, type Frame } from './frame.js';
import {
  compareTextScreens,
  decodeTextGolden,
  diffLines,
  diffTextScreens,
  encodeTextGolden,
  maskText,
  textScreenOf,
  type TextScreen,
} from './text-diff.js';
import { textContent, textFrame, textGrid } from './text-fixture.js';

function coloured(lines: string[], colours: [cell: number, attribute: number][]): Frame {
  const content = textContent(lines);
  for (const [cell, attribute] of colours) content.cells[2 * cell + 1] = attribute;
  return makeFrame(content, 0);
}

function screen(frame: Frame): TextScreen {
  if (frame.grid === null) throw new Error('no grid');
  return textScreenOf(frame.grid);
}

test('a text golden shows the words first, then the colours, rows alike together', () => {
  const frame = makeFrame(textContent(['GNU GRUB', '', '*Linux'], { columns: 10, rows: 4 }), 0);
  expect(encodeTextGolden(frame)).toBe(`text screen 10x4, cells 9x16
GNU GRUB

*Linux

colours by row, as attribute*cells:
0-3: 07*10
`);
});

test('a text golden keeps every character and attribute', () => {
  const frame = coloured(
    ['┌─ Menü ─┐', ' ☺ ◙ text'],
    [
      [0, 0x70],
      [1, 0x70],
      [79, 0xff - 1],
      [85, 0x1f],
    ],
  );
  const text = encodeTextGolden(frame);
  expect(text).toContain('0: 70*2 07*77 fe*1\n1: 07*5 1f*1 07*74\n2-24: 07*80\n');
  expect(decodeTextGolden(text, 'a.txt')).toEqual(screen(frame));
});

test('a text golden that was checked out with Windows line ends reads the same', () => {
  const text = encodeTextGolden(textFrame(['a', 'b']));
  expect(decodeTextGolden(text.replaceAll('\n', '\r\n'), 'a.txt')).toEqual(decodeTextGolden(text, 'a.txt'));
});

test('a graphic frame has no text golden', () => {
  const frame = makeFrame({ kind: 'graphic', width: 2, height: 2, rgba: new Uint8Array(16), mode: '' }, 0);
  expect(() => encodeTextGolden(frame)).toThrow(/graphic frame of 2x2/);
});

const good = encodeTextGolden(makeFrame(textContent(['ab'], { columns: 4, rows: 2 }), 0));

test.each([
  ['an empty file', '', 'line 1'],
  ['another header', good.replace('4x2', '4by2'), 'line 1'],
  ['a size of nothing', good.replace('4x2', '0x2'), 'line 1'],
  ['a row that is too long', good.replace('ab', 'abcde'), 'line 2'],
  ['a row too many', good.replace('ab', 'ab\n'), 'line 4'],
  ['missing colours', good.slice(0, good.indexOf('0-1')), 'line 6'],
  ['colours of too few cells', good.replace('*4', '*3'), 'line 5'],
  ['colours of too many cells', good.replace('*4', '*999'), 'line 5'],
  ['colours of a row that is not there', good.replace('0-1', '0-2'), 'line 5'],
  ['a row of colours left out', good.replace('0-1', '1'), 'line 5'],
  ['no number', good.replace('07*4', 'zz*4'), 'line 5'],
])('%s is refused with the file and the line', (_, text, line) => {
  const words = new RegExp(`menu\\.txt is not a readable text golden: ${line}\n`);
  expect(() => decodeTextGolden(text, 'menu.txt')).toThrow(words);
});

test('equal screens are identical', () => {
  expect(compareTextScreens(screen(textFrame(['a'])), screen(textFrame(['a'])))).toEqual({ outcome: 'identical' });
});

test('characters and colours are counted apart', () => {
  const expected = screen(textFrame(['abc', 'def', 'ghi']));
  const actual = screen(coloured(['abX', 'def', 'ghi'], [[80, 0x70]]));
  expect(compareTextScreens(expected, actual)).toEqual({
    outcome: 'different',
    characters: 1,
    colours: 1,
    rows: [0, 1],
  });
});

test('screens of other sizes are told by their sizes', () => {
  const wide = screen(makeFrame(textContent([], { columns: 132, rows: 50 }), 0));
  expect(compareTextScreens(screen(textFrame([])), wide)).toEqual({
    outcome: 'size-mismatch',
    expected: { columns: 80, rows: 25 },
    actual: { columns: 132, rows: 50 },
  });
  expect(diffTextScreens(screen(textFrame([])), wide)).toContain('the screen has 132x50 characters, not 80x25');
});

test('masked cells do not count: every cell that a mask touches', () => {
  const masks = [{ x: 2 * 9 + 8, y: 15, width: 2, height: 2 }];
  const masked = (lines: string[]) => maskText(screen(textFrame(lines)), masks);
  expect(compareTextScreens(masked(['abcdef', 'ghijkl']), masked(['abXXef', 'ghXXkl']))).toEqual({
    outcome: 'identical',
  });
  expect(compareTextScreens(masked(['abcdef']), masked(['abcdeX'])).outcome).toBe('different');
  expect(masked(['abcdef', 'ghijkl']).lines[0]?.trim()).toBe('ab··ef');
});

test('a difference is shown by rows, with marks and a row of context', () => {
  const expected = ['one', 'two', 'foo bar', 'four', 'five', 'six', 'seven'];
  const actual = ['one', 'two', 'fob bar', 'four', 'five', 'six', 'seven!'];
  expect(diffLines(expected, actual)).toBe(`  1 | two
- 2 | foo bar
+ 2 | fob bar
    |   ^
  3 | four
…
  5 | six
- 6 | seven
+ 6 | seven!
    |      ^`);
});

test('blanks at the ends of rows are no difference', () => {
  expect(diffLines(['a   ', ''], ['a', '    '])).toBe('');
});

test('rows that only one screen has are shown', () => {
  expect(diffLines(['a'], ['a', 'b'])).toBe('  0 | a\n+ 1 | b');
});

test('differences in colours only are told by row and columns', () => {
  const attributes = (cells: [number, number][]) => {
    const bytes = new Uint8Array(160).fill(7);
    for (const [cell, attribute] of cells) bytes[cell] = attribute;
    return bytes;
  };
  const expected = attributes([]);
  const actual = attributes([
    [3, 0x70],
    [4, 0x70],
    [5, 0x70],
    [10, 1],
    [80 + 7, 1],
  ]);
  expect(diffLines(['a', 'b'], ['a', 'b'], { columns: 80, expected, actual })).toBe(
    'row 0: colours differ in columns 3-5, 10\nrow 1: colours differ in column 7',
  );
});

test('a text that has scrolled is said to have moved', () => {
  const lines = ['alpha', 'beta', 'gamma', 'delta', 'epsilon'];
  expect(diffLines(['', ...lines], [...lines, 'zeta'])).toMatch(/^most of the text is there, 1 row further up\n/);
  expect(diffLines([...lines, '', ''], ['', '', ...lines])).toMatch(
    /^most of the text is there, 2 rows further down\n/,
  );
  expect(diffLines(['a', 'b', 'c', 'd'], ['w', 'x', 'y', 'z'])).not.toContain('further');
});

test('no line is longer than 100 characters, and a late difference is in sight', () => {
  const long = 'x'.repeat(125);
  const diff = diffLines([`${long}A`], [`${long}B`]);
  expect(Math.max(...diff.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  expect(diff).toMatch(/- 0 \| …x+A\n\+ 0 \| …x+B\n {4}\| +\^$/);
});

test('two screens are told apart in words with their colours', () => {
  const before = textScreenOf(textGrid(['abc', 'def']));
  const after = screen(coloured(['abX', 'def'], [[81, 0x70]]));
  expect(diffTextScreens(before, after)).toBe(
    '-  0 | abc\n+  0 | abX\n     |   ^\n   1 | def\nrow 1: colours differ in column 1',
  );
});
