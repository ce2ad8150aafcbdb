import { expect, test } from 'vitest';
import { layoutNamed } from '../input/layout.js';
import { KEY_CODES } from '../input/keycodes.js';
import { scanCodes } from '../input/scancodes.js';
import { ViewerKeys } from './viewer-keys.js';

/** `+KeyA -KeyA`: what a guest's keyboard did. Keysyms by number or character; places by their scan code in brackets. */
function typed(layout: 'us' | 'de', ...events: [way: '+' | '-', key: string | number | [number]][]): string {
  const keys = new ViewerKeys(layoutNamed(layout));
  return [
    ...events.flatMap(([way, key]) => {
      const keysym = typeof key === 'number' ? key : typeof key === 'string' ? keysymOf(key) : 0;
      return keys.change({ down: way === '+', keysym, scan: Array.isArray(key) ? key[0] : null });
    }),
  ]
    .map(({ code, down }) => `${down ? '+' : '-'}${code}`)
    .join(' ');
}

function keysymOf(character: string): number {
  const point = character.codePointAt(0) ?? 0;
  return point < 0x100 ? point : 0x0100_0000 + point;
}

const SHIFT = 0xffe1;
const CONTROL = 0xffe3;

test('what a US keyboard types comes as it is typed', () => {
  expect(typed('us', ['+', SHIFT], ['+', 'A'], ['-', 'A'], ['-', SHIFT])).toBe('+ShiftLeft +KeyA -KeyA -ShiftLeft');
  expect(typed('us', ['+', 'a'], ['-', 'a'], ['+', 0xff0d], ['-', 0xff0d])).toBe('+KeyA -KeyA +Enter -Enter');
});

test('a character without the Shift that it needs gets it, for as long as it goes down', () => {
  expect(typed('us', ['+', 'A'], ['-', 'A'])).toBe('+ShiftLeft +KeyA -ShiftLeft -KeyA');
  expect(typed('us', ['+', '€'])).toBe('');
});

test('Shift of another keyboard is taken away where the guest needs none, and put back', () => {
  // A German keyboard has the slash on Shift and 7.
  expect(typed('us', ['+', SHIFT], ['+', '/'], ['-', '/'], ['-', SHIFT])).toBe(
    '+ShiftLeft -ShiftLeft +Slash +ShiftLeft -Slash -ShiftLeft',
  );
});

test('a key that is named otherwise when it comes up is released all the same', () => {
  const keys = new ViewerKeys(layoutNamed('us'));
  keys.change({ down: true, keysym: SHIFT, scan: null });
  keys.change({ down: true, keysym: 0x41, scan: null });
  keys.change({ down: false, keysym: SHIFT, scan: null });
  // It comes up as `a`, and nobody pressed that.
  expect(keys.change({ down: false, keysym: 0x61, scan: null })).toEqual([{ code: 'KeyA', down: false }]);
  expect(keys.releaseAll()).toEqual([]);
});

test('with Control a key stays what it is', () => {
  expect(typed('us', ['+', CONTROL], ['+', SHIFT], ['+', 't'])).toBe('+ControlLeft +ShiftLeft +KeyT');
  expect(typed('us', ['+', CONTROL], ['+', 'C'])).toBe('+ControlLeft +KeyC');
});

test('the guest’s layout decides which key types a character, with AltGr and dead keys', () => {
  expect(typed('de', ['+', 'z'], ['-', 'z'])).toBe('+KeyY -KeyY');
  expect(typed('de', ['+', '@'], ['-', '@'])).toBe('+AltRight +KeyQ -AltRight -KeyQ');
  expect(typed('de', ['+', 'é'], ['-', 'é'])).toBe('+Equal -Equal +KeyE -KeyE');
});

test('a place on the keyboard is the same place of the guest', () => {
  expect(typed('de', ['+', [0x2c]], ['-', [0x2c]], ['+', [0xcb]])).toBe('+KeyZ -KeyZ +ArrowLeft');
  expect(typed('us', ['+', [0x54]], ['+', [0xc6]], ['+', [0xb8]])).toBe('+PrintScreen +Pause +AltRight');
});

test('every key of the keyboard can be named by its place', () => {
  for (const code of KEY_CODES) {
    const [first = 0, second = 0, ...more] = scanCodes(code, true);
    if (more.length > 0) continue;
    expect(typed('us', ['+', [first === 0xe0 ? second | 0x80 : first]])).toBe(`+${code}`);
  }
});

test('who disappears holds nothing', () => {
  const keys = new ViewerKeys(layoutNamed('us'));
  for (const keysym of [CONTROL, 0xffe9, 0xffff]) keys.change({ down: true, keysym, scan: null });
  expect(keys.releaseAll().map(({ code, down }) => `${down ? '+' : '-'}${code}`)).toEqual([
    '-Delete',
    '-AltLeft',
    '-ControlLeft',
  ]);
  expect(keys.releaseAll()).toEqual([]);
});

test('printable characters of a US keyboard are all known', () => {
  for (let point = 0x21; point < 0x7f; point++) expect(typed('us', ['+', String.fromCodePoint(point)])).not.toBe('');
});
