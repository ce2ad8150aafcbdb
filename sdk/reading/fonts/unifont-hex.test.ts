import { expect, test } from 'vitest';
import { failureOf, plain } from './fonts.test.helper.js';
import { ALPHABETS_AND_SYMBOLS, isIn, parseUnifontHex, UNSEEN } from './unifont-hex.js';

const NARROW = '0041:0000000018242442427E424242420000';
const WIDE = `4E00:${'0000'.repeat(7)}7FFE${'0000'.repeat(8)}`;

test('lines of 32 digits are 8 pixels wide, those of 64 are 16', () => {
  const glyphs = parseUnifontHex(`${NARROW}\n${WIDE}\n`, 'a.hex');
  expect(plain({ glyphs })).toEqual([
    { character: 'A', width: 8, rows: [0, 0, 0, 0, 0x18, 0x24, 0x24, 0x42, 0x42, 0x7e, 0x42, 0x42, 0x42, 0x42, 0, 0] },
    { character: '一', width: 16, rows: [...Array<number>(7).fill(0), 0x7ffe, ...Array<number>(8).fill(0)] },
  ]);
});

test('only what is wanted is read, nothing beyond the BMP, and no blank but the space', () => {
  const blank = '0'.repeat(32);
  const text = `0020:${blank}\n${NARROW}\n0042:${blank}\n3000:${blank}${blank}\r\n${WIDE}\n01F600:${NARROW.slice(5)}\n`;
  const characters = parseUnifontHex(text, 'a.hex', (code) => code !== 0x4e00).map(({ character }) => character);
  expect(characters).toEqual([' ', 'A']);
});

test.each([
  ['too few digits', '0041:00', 'line 2: 0041:00'],
  ['no digits', `0041:${'x'.repeat(80)}`, `line 2: 0041:${'x'.repeat(55)}…`],
  ['no colon', 'hello', 'line 2: hello'],
])('%s are refused with the line', (_what, line, seen) => {
  const error = failureOf(() => parseUnifontHex(`${NARROW}\n${line}\n`, 'a.hex'));
  expect(error).toMatchObject({ kind: 'usage', code: 'font-invalid', failure: { seen } });
});

test('what cannot be seen is in neither part of Unifont', () => {
  for (const code of [0x00, 0x1b, 0x7f, 0x9f, 0xad, 0x301, 0x200b, 0x202e, 0xd800, 0xe000, 0xfeff, 0xfffd]) {
    expect([code, isIn(UNSEEN, code) && !isIn(ALPHABETS_AND_SYMBOLS, code)]).toEqual([code, true]);
  }
});

test.each(['A', 'ß', 'Ω', 'ж', 'א', '–', '€', '←', '≤', '│', '█', '▲', '☺', '✓', '⠋'])(
  '%s is in the first part',
  (one) => {
    expect(isIn(ALPHABETS_AND_SYMBOLS, one.charCodeAt(0))).toBe(true);
  },
);
