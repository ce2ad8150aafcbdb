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
