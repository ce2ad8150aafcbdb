import { expect, test } from 'vitest';
import { drawInTerminal, terminalPictures } from './terminal-picture.js';

test.each<[string, NodeJS.ProcessEnv, boolean, string]>([
  ['kitty', { TERM: 'xterm-kitty' }, true, 'kitty'],
  ['Ghostty', { TERM: 'xterm-ghostty' }, true, 'kitty'],
  ['iTerm2', { TERM_PROGRAM: 'iTerm.app' }, true, 'iterm2'],
  ['iTerm2 over ssh', { LC_TERMINAL: 'iTerm2' }, true, 'iterm2'],
  ['WezTerm', { TERM_PROGRAM: 'WezTerm' }, true, 'iterm2'],
  ['kitty in tmux', { TERM: 'tmux-256color', KITTY_WINDOW_ID: '1', TMUX: '/tmp/tmux' }, true, 'none'],
  ['xterm', { TERM: 'xterm-256color' }, true, 'none'],
  ['a pipe', { TERM: 'xterm-kitty' }, false, 'none'],
])('%s is known by its environment', (_, env, isTerminal, expected) => {
  expect(terminalPictures(env, isTerminal)).toBe(expected);
});

test('kitty is given a large picture in chunks, of which only the last says that it is', () => {
  const png = new Uint8Array(7000).map((_, i) => i);
  const drawn = drawInTerminal(png, 'kitty') ?? '';
  const chunks = drawn.split('\x1b\\').filter((chunk) => chunk !== '');
  expect(chunks.map((chunk) => chunk.replace(/;.*/, ''))).toEqual([
    '\x1b_Ga=T,f=100,q=2,m=1',
    '\x1b_Gm=1',
    '\x1b_Gm=0',
  ]);
  const sent = chunks.map((chunk) => chunk.replace(/^.*;/, '')).join('');
  expect(Buffer.from(sent, 'base64')).toEqual(Buffer.from(png));
});

test('iTerm2 is given a picture in one, with its size', () => {
  expect(drawInTerminal(Uint8Array.of(1, 2, 3), 'iterm2')).toBe(
    '\x1b]1337;File=inline=1;size=3;preserveAspectRatio=1:AQID\x07',
  );
  expect(drawInTerminal(Uint8Array.of(1, 2, 3), 'none')).toBeNull();
});
