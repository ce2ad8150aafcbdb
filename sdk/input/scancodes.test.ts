import { expect, test } from 'vitest';
import { KEY_CODES } from './keycodes.js';
import { scanCodes } from './scancodes.js';

const hex = (bytes: readonly number[]) =>
  bytes.map((byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(' ');

test.each([
  ['Escape', '01', '81'],
  ['KeyA', '1E', '9E'],
  ['Enter', '1C', '9C'],
  ['NumpadEnter', 'E0 1C', 'E0 9C'],
  ['ArrowUp', 'E0 48', 'E0 C8'],
  ['Numpad8', '48', 'C8'],
  ['Delete', 'E0 53', 'E0 D3'],
  ['ControlRight', 'E0 1D', 'E0 9D'],
  ['F10', '44', 'C4'],
  ['F11', '57', 'D7'],
  ['MetaLeft', 'E0 5B', 'E0 DB'],
  ['PrintScreen', 'E0 2A E0 37', 'E0 B7 E0 AA'],
  ['Pause', 'E1 1D 45 E1 9D C5', ''],
  ['IntlBackslash', '56', 'D6'],
  ['IntlRo', '73', 'F3'],
  ['IntlYen', '7D', 'FD'],
  ['NumpadComma', '7E', 'FE'],
] as const)('%s sends %s going down and %s coming up', (code, make, released) => {
  expect(hex(scanCodes(code, true))).toBe(make);
  expect(hex(scanCodes(code, false))).toBe(released);
});

test('no two keys send the same bytes', () => {
  const sent = KEY_CODES.flatMap((code) => [scanCodes(code, true), scanCodes(code, false)])
    .filter((bytes) => bytes.length > 0)
    .map(hex);
  expect(new Set(sent).size).toBe(sent.length);
  expect(sent.length).toBe(2 * KEY_CODES.length - 1);
});
