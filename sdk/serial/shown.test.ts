import { expect, test } from 'vitest';
import { shownMessage, shownText } from './shown.js';

test('nothing of what a terminal would carry out is left: titles, the clipboard, links, colours, 8-bit forms', () => {
  const output =
    '\u001b]0;title\u0007a\u001b]52;c;eA==\u0007b\u001b]8;;x:y\u001b\\c\u001b[2J\u001b[31md\u001b[0m\u009b31me\u009d0;x\u009cf\u001bPq\u001b\\g\r\n\u0000h';
  expect(shownText(output)).toBe('abcdefg\nh');
});

test('what is no character is replaced: XML cannot hold it, and directions would turn the rest of a page', () => {
  expect(shownText('a\ufffeb\ud800c\udfffd\u202ee\u2066f\bg\u{1fffe}h')).toBe('a�b�c�d�e�f�g�h');
  expect(shownText('ä ←😀\tß')).toBe('ä ←😀\tß');
});

test('a line of a megabyte is cut with a note, those around it are whole', () => {
  const shown = shownText(`a\n${'x'.repeat(1 << 20)}\nb`);
  expect(shown).toBe(`a\n${'x'.repeat(2_000)}… (1048576 characters)\nb`);
});

test('a line does not begin with what a CI service carries out', () => {
  expect(shownText('::error::x\n  ::stop-commands::y\n##[error]z\n##vso[task]\na ::b\nstd::string\n## title')).toBe(
    '\\::error::x\n  \\::stop-commands::y\n\\##[error]z\n\\##vso[task]\na ::b\nstd::string\n## title',
  );
  expect(shownMessage('\u001b[2m  ::error::x\u001b[22m')).toBe('\u001b[2m  \\::error::x\u001b[22m');
});

test('the colours of a message stay, other sequences in it do not', () => {
  expect(shownMessage('\u001b[31mred\u001b[39m \u001b]0;title\u0007\u001b[2Jplain')).toBe(
    '\u001b[31mred\u001b[39m plain',
  );
});
