import { expect, test } from 'vitest';
import { KeyDecoder } from './keys.js';

const decode = (...chunks: string[]): unknown[] => {
  const decoder = new KeyDecoder();
  return chunks.flatMap((chunk) => decoder.decode(chunk));
};

test('characters that come together are one text', () => {
  expect(decode('ls -l')).toEqual([{ kind: 'text', text: 'ls -l' }]);
});

test.each([
  ['Enter', '\r', 'Enter'],
  ['Tab', '\t', 'Tab'],
  ['Backspace', '\x7f', 'Backspace'],
  ['Escape on its own', '\x1b', 'Escape'],
  ['arrow up', '\x1b[A', 'ArrowUp'],
  ['arrow up in application mode', '\x1bOA', 'ArrowUp'],
  ['Home', '\x1b[H', 'Home'],
  ['Home of a VT220', '\x1b[1~', 'Home'],
  ['End', '\x1b[F', 'End'],
  ['Delete', '\x1b[3~', 'Delete'],
  ['F1', '\x1bOP', 'F1'],
  ['F1 of the Linux console', '\x1b[[A', 'F1'],
  ['F5', '\x1b[15~', 'F5'],
  ['F12', '\x1b[24~', 'F12'],
  ['Control+C', '\x03', 'Control+c'],
  ['Control+X', '\x18', 'Control+x'],
  ['Alt+X', '\x1bx', 'Alt+x'],
  ['Alt+Enter', '\x1b\r', 'Alt+Enter'],
  ['Control+arrow', '\x1b[1;5C', 'Control+ArrowRight'],
  ['Control+Alt+Delete', '\x1b[3;7~', 'Alt+Control+Delete'],
  ['Shift+F3', '\x1b[1;2R', 'Shift+F3'],
  ['Shift+Tab', '\x1b[Z', 'Shift+Tab'],
])('%s', (_name, sequence, chord) => {
  expect(decode(sequence)).toEqual([{ kind: 'press', chord }]);
});

test('a sequence that arrives in two pieces is one key', () => {
  expect(decode('\x1b[1', ';5D')).toEqual([{ kind: 'press', chord: 'Control+ArrowLeft' }]);
});

test('keys that arrive at once are told apart', () => {
  expect(decode('a\x1b[Bb\r')).toEqual([
    { kind: 'text', text: 'a' },
    { kind: 'press', chord: 'ArrowDown' },
    { kind: 'text', text: 'b' },
    { kind: 'press', chord: 'Enter' },
  ]);
});

test('two Escapes are two keys', () => {
  expect(decode('\x1b\x1b')).toEqual([
    { kind: 'press', chord: 'Escape' },
    { kind: 'press', chord: 'Escape' },
  ]);
});

test('a sequence that stands for no key is reported, not typed', () => {
  expect(decode('\x1b[99~')).toEqual([{ kind: 'unknown', sequence: '\x1b[99~' }]);
});
