import { expect, test } from 'vitest';
import { GuestwrightError } from '../errors.js';
import { groupsOf } from './groups.js';
import { KEY_CODES } from './keycodes.js';
import { parseChord } from './keys.js';
import { keystrokesFor, layoutNamed } from './layout.js';

const us = layoutNamed('us');

test.each([
  ['Enter', ['Enter']],
  ['Control+Alt+Delete', ['ControlLeft', 'AltLeft', 'Delete']],
  ['Shift+a', ['ShiftLeft', 'KeyA']],
  ['Shift+A', ['ShiftLeft', 'KeyA']],
  ['A', ['ShiftLeft', 'KeyA']],
  ['a', ['KeyA']],
  ['F12', ['F12']],
  ['+', ['ShiftLeft', 'Equal']],
  ['Control++', ['ControlLeft', 'ShiftLeft', 'Equal']],
  ['Shift++', ['ShiftLeft', 'Equal']],
  ['?', ['ShiftLeft', 'Slash']],
  [' ', ['Space']],
  ['\n', ['Enter']],
  ['ControlRight+KeyX', ['ControlRight', 'KeyX']],
  ['ControlOrMeta+c', ['ControlLeft', 'KeyC']],
  ['AltGraph+Digit2', ['AltRight', 'Digit2']],
])('%j is the keys %j', (chord, codes) => {
  expect(parseChord(chord, us)).toEqual(codes);
});

test('every code is a key name', () => {
  for (const code of KEY_CODES) expect(parseChord(code, us)).toEqual([code]);
});

test.each([
  ['Ctrl', 'did you mean Control?'],
  ['enter', 'did you mean Enter?'],
  ['Return', 'did you mean Enter?'],
  ['Escpae', 'did you mean Escape'],
  ['Up', 'did you mean ArrowUp?'],
  ['F13', 'F1'],
])('an unknown key name %j is answered with the nearest', (name, advice) => {
  const error = errorOf(() => parseChord(`Shift+${name}`, us));
  expect(error.failure).toMatchObject({ kind: 'usage', code: 'unknown-key' });
  expect(error.message).toContain(`no key named ${JSON.stringify(name)}`);
  expect(error.message).toContain(advice);
});

test('a letter that is on no key of the layout is answered with the key by its place', () => {
  expect(errorOf(() => parseChord('Control+c', layoutNamed('ru'))).message).toContain('did you mean KeyC?');
});

test('a character that takes a dead key is no chord', () => {
  expect(errorOf(() => parseChord('Control+\u00e9', layoutNamed('de'))).message).toContain('use keyboard.type()');
  expect(parseChord('AltGraph+q', layoutNamed('de'))).toEqual(['AltRight', 'KeyQ']);
  expect(parseChord('@', layoutNamed('de'))).toEqual(['AltRight', 'KeyQ']);
});

test.each(['', 'Control+'])('a chord with a missing key, %j, says how to write the plus key', (chord) => {
  const error = errorOf(() => parseChord(chord, us));
  expect(error.code).toBe('empty-key');
  expect(error.message).toContain('Control++');
});

test('names of object members are no key names', () => {
  for (const name of ['constructor', 'toString', '__proto__']) {
    expect(errorOf(() => parseChord(name, us)).code).toBe('unknown-key');
  }
});

test('the US layout types every printable ASCII character, each with a key of its own', () => {
  const ascii = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index));
  const strokes = keystrokesFor(ascii.join(''), groupsOf('us')).map(({ chords }) => JSON.stringify(chords));
  expect(new Set(strokes).size).toBe(ascii.length);
});

test('newlines of both kinds are one Enter each', () => {
  const chords = keystrokesFor('\r\n\n\t\b', groupsOf('us')).flatMap((typed) => typed.chords);
  expect(chords).toEqual([['Enter'], ['Enter'], ['Tab'], ['Backspace']]);
});

function errorOf(call: () => unknown): GuestwrightError {
  try {
    call();
  } catch (error) {
    if (error instanceof GuestwrightError) return error;
  }
  throw new Error('expected a GuestwrightError');
}
