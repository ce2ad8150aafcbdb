import { expect, test } from 'vitest';
import { textContent, textGrid, textPage } from './text-fixture.js';
import { findText, nearestMiss, wordScreen } from './text.js';

const full = (text: string) => text.padEnd(80, '.');

test('a string is found in a row, with its region in pixels', () => {
  expect(findText(textPage(['', 'Welcome to GRUB']), 'GRUB')).toMatchObject([
    { text: 'GRUB', region: { x: 11 * 9, y: 16, width: 36, height: 16 }, rung: 'cells' },
  ]);
});

test('all places are given in reading order', () => {
  const regions = findText(textPage(['b a a', 'a']), 'a').map(({ region }) => [region.x / 9, region.y / 16]);
  expect(regions).toEqual([
    [2, 0],
    [4, 0],
    [0, 1],
  ]);
});

test('runs of blanks count as one, in the text and on the screen', () => {
  const [match] = findText(textPage(['Total   memory: 64']), ' Total memory:  64 ');
  expect(match?.text).toBe('Total memory: 64');
  expect(match?.region).toEqual({ x: 0, y: 0, width: 18 * 9, height: 16 });
});

test('case matters for a string', () => {
  expect(findText(textPage(['grub']), 'GRUB')).toEqual([]);
});

test('a text that goes on over the right edge is found, with a region around both rows', () => {
  const page = textPage([`${'x'.repeat(76)}spli`, 'tword rest']);
  expect(findText(page, 'splitword')).toMatchObject([
    { text: 'splitword', region: { x: 0, y: 0, width: 720, height: 32 }, rung: 'cells' },
  ]);
});

test('a blank in the last column joins the words around it', () => {
  expect(findText(textPage([`${'x'.repeat(75)}over`, 'there']), 'over there')).toHaveLength(1);
});

test('a row that ends before the edge does not go on in the next', () => {
  expect(findText(textPage(['first', 'second']), 'firstsecond')).toEqual([]);
  expect(findText(textPage(['first', 'second']), 'first second')).toEqual([]);
});

test('boxes that fill the width do not go on in the next row', () => {
  const box = (text: string) => `│${text.padEnd(78)}│`;
  expect(findText(textPage([box('one'), box('two')]), 'one │││ two')).toEqual([]);
  expect(findText(textPage([box('one'), box('two')]), 'two')).toHaveLength(1);
});

test('a string with newlines is found over several rows', () => {
  expect(findText(textPage(['  one', '  two', 'three']), 'one\ntwo')[0]?.region).toEqual({
    x: 18,
    y: 0,
    width: 27,
    height: 32,
  });
});

test('exact means the whole text of a row', () => {
  const page = textPage(['OK', 'OK then', '   OK', '│ OK │']);
  expect(findText(page, 'OK', { exact: true }).map(({ region }) => region.y / 16)).toEqual([0, 2, 3]);
});

test('exact matches a title between borders and each of two boxes on a row', () => {
  const page = textPage(['┌──── Title ────┐', '│ left │ │ right   side │']);
  for (const text of ['Title', 'left', 'right side'])
    expect(findText(page, text, { exact: true }), text).toHaveLength(1);
  expect(findText(page, 'side', { exact: true })).toEqual([]);
});

test('exact finds a line that goes on over the right edge', () => {
  expect(findText(textPage([full('long'), 'er']), `${full('long')}er`, { exact: true })).toHaveLength(1);
});

test('a regular expression is anchored to rows', () => {
  const page = textPage(['a grub>', 'grub> ls']);
  expect(findText(page, /^grub>/).map(({ region }) => region.y / 16)).toEqual([1]);
  expect(findText(page, /grub>$/).map(({ region }) => region.y / 16)).toEqual([0]);
});

test('a prompt is matched with and without the blank after it', () => {
  const page = textPage(['grub> ']);
  expect(findText(page, /grub>$/)[0]?.text).toBe('grub>');
  expect(findText(page, /grub> $/)[0]?.text).toBe('grub> ');
});

test('flags that carry state are ignored and lastIndex is left alone', () => {
  const pattern = /a/gy;
  pattern.lastIndex = 7;
  const page = textPage(['b a a']);
  expect([findText(page, pattern).length, findText(page, pattern).length, pattern.lastIndex]).toEqual([2, 2, 7]);
});

test('the flag i is kept', () => {
  expect(findText(textPage(['GRUB']), /grub/i)).toHaveLength(1);
});

test('a regular expression spans rows only where no row matches', () => {
  const page = textPage(['one', 'two']);
  expect(findText(page, /one\s+two/)[0]?.text).toBe('one\ntwo');
  expect(findText(page, /one.two/s)).toHaveLength(1);
  expect(findText(page, /one\s*/).map(({ text }) => text)).toEqual(['one']);
});

test('a regular expression finds a text that goes on over the right edge', () => {
  expect(findText(textPage([full('').slice(0, 77) + 'ab1', '23cd']), /ab\d+cd/)[0]?.text).toBe('ab123cd');
});

test('empty matches do not count', () => {
  expect(findText(textPage(['abc']), /x*/)).toEqual([]);
});

test('an empty string is wrong use', () => {
  expect(() => findText(textPage(['a']), '  ')).toThrow(/An empty text cannot be found/);
});

test('text cells of 8 dots have regions in those dots', () => {
  const font = { width: 8, height: 14, glyphs: new Uint8Array(8192), lineGraphics: false };
  expect(findText(textPage(['', ' x'], { font }), 'x')[0]?.region).toEqual({ x: 8, y: 14, width: 8, height: 14 });
});

test('the nearest miss is the most similar text, in whole words', () => {
  const page = textPage(['GNU GRUB version 2.06', 'Welcome to Debiam GNU/Linux']);
  expect(nearestMiss(page, 'Debian')).toMatchObject({ text: 'Debiam', row: 1, distance: 1 });
});

test('the nearest miss of another case says so by its distance', () => {
  expect(nearestMiss(textPage(['', '', 'login:']), 'Login:')).toMatchObject({ text: 'login:', row: 2, distance: 1 });
});

test('the nearest miss of a regular expression is compared by its longest literal part', () => {
  const page = textPage(['boot: linux', 'mounted root (ext3 filesystem)']);
  expect(nearestMiss(page, /Mounted root \(ext4 \w+\)/)).toMatchObject({
    text: 'mounted root (ext3',
    row: 1,
    distance: 2,
  });
  expect(nearestMiss(page, /BOOT: linux\d{3}?/i)?.distance).toBe(0);
});

test('the nearest miss across the right edge has the row in which it begins', () => {
  const page = textPage([full('').slice(0, 76) + ' abc', 'defg']);
  expect(nearestMiss(page, 'abcdefh')).toMatchObject({ text: 'abcdefg', row: 0, distance: 1 });
});

test('nothing alike is no near miss', () => {
  expect(nearestMiss(textPage(['xyzzy']), 'Debian')).toBeNull();
  expect(nearestMiss(textPage([]), 'Debian')).toBeNull();
  expect(nearestMiss(textPage(['abc']), /\d+/)).toBeNull();
});

test('a screen in words has a frame, row numbers, the cursor, and no blank rows at its end', () => {
  expect(
    wordScreen(textGrid(['one', '', 'two'], { columns: 8, rows: 6, cursor: { column: 3, row: 2, visible: true } })),
  ).toBe(`The text screen of 8x6, cursor in column 3 of row 2:
  +--------+
0 |one     |
1 |        |
2 |two     |
  +--------+
3 blank rows below`);
});

test.each([
  ['100 characters, where the terminal is not known', undefined, 100],
  ['a narrow terminal', 60, 60],
  ['a wide terminal', 120, 120],
])('no line of a worded screen is longer than %s', (_, width, longest) => {
  const words = wordScreen(
    textGrid(['y'.repeat(132)], { columns: 132, rows: 60 }),
    width === undefined ? {} : { width },
  );
  expect(Math.max(...words.split('\n').map((line) => line.length))).toBe(longest);
  expect(words).toContain('y…|');
});

test.each([
  [textContent([]), 'The text screen of 80x25 has no visible character.'],
  [
    { kind: 'graphic' as const, width: 800, height: 600, rgba: new Uint8Array(0), mode: '800x600, 32 bpp' },
    'The screen is 800x600 pixels in a graphic mode (800x600, 32 bpp): it has no text cells.',
  ],
  [
    { kind: 'blank' as const, width: 720, height: 400 },
    'The screen is blank (720x400 pixels): the guest has not set a mode yet, or switched the display off.',
  ],
])('a screen without text is a sentence', (content, words) => {
  expect(wordScreen(content)).toBe(words);
});
