import { expect, test } from 'vitest';
import { GuestwrightError } from '../errors.js';
import { groupsOf } from './groups.js';
import { keystrokesFor, layoutNamed, sequenceFor, type LayoutName } from './layout.js';
import { LAYOUT_NAMES } from './layouts/names.js';

/** `KeyE`, `Shift+KeyE`, `AltGr+KeyE`, one after the other. */
function keysOf(name: LayoutName, character: string): string | undefined {
  const sequence = sequenceFor(character, layoutNamed(name));
  return sequence
    ?.map(({ code, shift, altGr }) => [...(shift ? ['Shift'] : []), ...(altGr ? ['AltGr'] : []), code].join('+'))
    .join(' ');
}

// What is printed on the keys of the keyboards that are sold with these layouts.
test.each<[LayoutName, string, string]>([
  ['us', '@', 'Shift+Digit2'],
  ['us', '<', 'Shift+Comma'],
  ['uk', '@', 'Shift+Quote'],
  ['uk', '£', 'Shift+Digit3'],
  ['uk', '\\', 'IntlBackslash'],
  ['uk', '#', 'Backslash'],
  ['de', 'z', 'KeyY'],
  ['de', '@', 'AltGr+KeyQ'],
  ['de', 'ß', 'Minus'],
  ['de', '|', 'AltGr+IntlBackslash'],
  ['de', 'é', 'Equal KeyE'],
  ['de', 'Ê', 'Backquote Shift+KeyE'],
  ['de', '^', 'Backquote Space'],
  ['de', '`', 'Shift+Equal Space'],
  ['de', '´', 'Equal Equal'],
  ['fr', 'a', 'KeyQ'],
  ['fr', '1', 'Shift+Digit1'],
  ['fr', 'ç', 'Digit9'],
  ['fr', '#', 'AltGr+Digit3'],
  ['fr', 'ê', 'BracketLeft KeyE'],
  ['fr', 'ï', 'Shift+BracketLeft KeyI'],
  ['es', 'ñ', 'Semicolon'],
  ['es', 'á', 'Quote KeyA'],
  ['es', '¿', 'Shift+Equal'],
  ['es', '@', 'AltGr+Digit2'],
  ['it', 'è', 'BracketLeft'],
  ['it', '@', 'AltGr+Semicolon'],
  ['pt-br', 'ç', 'Semicolon'],
  ['pt-br', 'ã', 'Quote KeyA'],
  ['pt-br', '/', 'IntlRo'],
  ['pt-br', 'ü', 'Shift+Digit6 KeyU'],
  ['se', 'å', 'BracketLeft'],
  ['se', '$', 'AltGr+Digit4'],
  ['ch', 'ä', 'Quote'],
  ['ch', 'Ä', 'BracketRight Shift+KeyA'],
  ['ch', 'à', 'Shift+Quote'],
  ['jp', '\\', 'IntlRo'],
  ['jp', '_', 'Shift+IntlRo'],
  ['jp', '@', 'BracketLeft'],
  ['ru', 'я', 'KeyZ'],
  ['ru', 'Ё', 'Shift+Backquote'],
  ['ru', '№', 'Shift+Digit3'],
  ['us-intl', 'è', 'Backquote KeyE'],
  ['us-intl', 'ñ', 'AltGr+KeyN'],
  ['dvorak', 's', 'Semicolon'],
  ['pl', 'ł', 'AltGr+KeyL'],
  ['cz', 'ě', 'Digit2'],
  ['cz', 'ď', 'Shift+Equal KeyD'],
  ['hu', 'ő', 'BracketLeft'],
  ['tr', 'ı', 'KeyI'],
])('on the layout %s, %j is %s', (name, character, keys) => {
  expect(keysOf(name, character)).toBe(keys);
});

test.each(LAYOUT_NAMES.filter((name) => name !== 'ru'))('the layout %s types all of printable ASCII', (name) => {
  const layout = layoutNamed(name);
  const ascii = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index));
  expect(ascii.filter((character) => sequenceFor(character, layout) === undefined)).toEqual([]);
});

test('no layout needs Caps Lock or the numeric keypad, and no two of its characters are the same keys', () => {
  for (const name of LAYOUT_NAMES) {
    const { keys, sequences } = layoutNamed(name);
    const all = [...[...keys.values()].map((key) => [key]), ...sequences.values()];
    const codes = new Set(all.flat().map(({ code }) => code));
    expect([...codes].filter((code) => /^Numpad|Lock$/.test(code))).toEqual([]);
    expect(new Set(all.map((one) => JSON.stringify(one))).size).toBe(all.length);
  }
});

test('a layout without AltGr has no characters that would need it', () => {
  for (const name of ['us', 'ru', 'jp'] as const) {
    expect([...layoutNamed(name).keys.values()].filter(({ altGr }) => altGr)).toEqual([]);
  }
});

const chordsOf = (text: string, layout: Parameters<typeof groupsOf>[0]): string[] =>
  keystrokesFor(text, groupsOf(layout)).flatMap(({ chords }) => chords.map((codes) => codes.join('+')));

test('a text in two alphabets goes over to the other layout and back to the first', () => {
  const layout = { groups: ['us' as const, 'ru' as const], toggle: 'Alt+Shift' };
  const toggle = 'AltLeft+ShiftLeft';
  expect(chordsOf('a я1Б', layout)).toEqual(['KeyA', 'Space', toggle, 'KeyZ', 'Digit1', 'ShiftLeft+Comma', toggle]);
  expect(chordsOf('я\nb', layout)).toEqual([toggle, 'KeyZ', 'Enter', toggle, 'KeyB']);
  expect(chordsOf('', layout)).toEqual([]);
});

test('three layouts are gone through in their order', () => {
  const layout = { groups: ['us' as const, 'ru' as const, 'de' as const], toggle: 'Meta+Space' };
  const toggle = 'MetaLeft+Space';
  expect(chordsOf('aßя', layout)).toEqual(['KeyA', toggle, toggle, 'Minus', toggle, toggle, 'KeyZ', toggle, toggle]);
});

test('a toggle that is no chord is refused', () => {
  expect(() => groupsOf({ groups: ['us', 'ru'], toggle: 'Ctrl+Shift' })).toThrow('did you mean Control?');
});

test('the error for a character that is missing names the layouts that have it', () => {
  const message = messageOf(() => keystrokesFor('где x', groupsOf('ru')));
  expect(message).toContain('layout "ru" cannot type "x" (U+0078)');
  expect(message).toContain('at position 5');
  expect(messageOf(() => keystrokesFor('ы', groupsOf('us')))).toContain('it is on ru)');
  const several = messageOf(() => keystrokesFor('漢', groupsOf({ groups: ['us', 'ru'], toggle: 'Alt+Shift' })));
  expect(several).toContain('layout "us" and "ru" cannot type');
  expect(several).toContain('there is: us, us-intl,');
});

function messageOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof GuestwrightError) return error.message;
  }
  throw new Error('expected a GuestwrightError');
}
