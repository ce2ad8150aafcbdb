import { expect, test } from 'vitest';
import { TerminalText, terminalText } from './ansi.js';

test.each([
  ['colours', '\u001b[1;31mred\u001b[0m', 'red'],
  ['private modes', '\u001b[?2004h# \u001b[?25l', '# '],
  ['a cursor position question', '\u001b[6n~ # ', '~ # '],
  ['a window title ended by BEL', '\u001b]0;title\u0007x', 'x'],
  ['a window title ended by ST', '\u001b]0;title\u001b\\x', 'x'],
  ['a device control string', '\u001bPq#0;2;0\u001b\\x', 'x'],
  ['character sets', '\u001b(B\u001b)0x', 'x'],
  ['keypad and cursor memory', '\u001b=\u001b7x\u001b8\u001b>', 'x'],
  ['C1 controls', '\u009b1mx\u009d0;t\u009cy', 'xy'],
  ["the Linux console's palette", '\u001b]P0123456x\u001b]Ry', 'xy'],
  ['bells, shifts and carriage returns', 'a\u0007\u000e\u000f\r\nb\r', 'a\nb'],
  ['tabs and backspaces stay', 'a\tb\b c', 'a\tb\b c'],
  ['an escape inside a sequence starts anew', '\u001b[12\u001b[1mx', 'x'],
  ['CAN aborts', '\u001b[12\u0018x', 'x'],
  ['a newline ends a stray string', '\u001b]garbage\nkernel panic', '\nkernel panic'],
  ['what is cut off at the end is not text', 'x\u001b[3', 'x'],
])('%s', (_name, output, text) => {
  expect(terminalText(output)).toBe(text);
});

test('the text is the same wherever the output is cut', () => {
  const output = 'a\u001b[1;32mb\u001b]0;t\u001b\\c\u001b(Bd\u001b]P0aabbcce\r\nf\u009b2Jg';
  for (let i = 0; i <= output.length; i++) {
    for (let j = i; j <= output.length; j++) {
      const cleaner = new TerminalText();
      const pieces = [output.slice(0, i), output.slice(i, j), output.slice(j)];
      expect(pieces.map((piece) => cleaner.push(piece)).join('')).toBe(terminalText(output));
    }
  }
});
