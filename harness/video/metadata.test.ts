import { expect, test } from 'vitest';
import { wordMetadata } from './metadata.js';

test('titles are one line each, whatever is in them, and mean nothing to ffmpeg', () => {
  const text = wordMetadata('a; b=c # \\', [{ title: 'Type "x\n[CHAPTER]\u001b[0m"', start: 0, end: 40 }]);
  expect(text).toBe(
    [
      ';FFMETADATA1',
      'title=a\\; b\\=c \\# \\\\',
      '[CHAPTER]',
      'TIMEBASE=1/1000',
      'START=0',
      'END=40',
      'title=Type "x [CHAPTER] [0m"',
      '',
    ].join('\n'),
  );
});

test('steps that took no time share a chapter with the next', () => {
  const words = wordMetadata('boots', [
    { title: 'a', start: 0, end: 200 },
    { title: 'b', start: 200, end: 200 },
    { title: 'c', start: 200, end: 900 },
  ]);
  expect(words.match(/^title=.*$/gm)).toEqual(['title=boots', 'title=a', 'title=b\\; c']);
  expect(words).toContain('START=200\nEND=900');
});
