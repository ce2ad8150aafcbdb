import { expect, test } from 'vitest';
import { isFilmed, isKept, sizeOf, type VideoOption } from './mode.js';

/** What is kept of a first attempt and of its first two retries: of one that passed, of one that failed. */
function kept(option: VideoOption): string {
  return [0, 1, 2]
    .flatMap((retry) => [false, true].map((failed) => isFilmed(option, { retry }) && isKept(option, { retry, failed })))
    .map((is) => (is ? 'k' : '-'))
    .join('');
}

test.each<[VideoOption, string]>([
  ['off', '------'],
  ['on', 'kkkkkk'],
  ['retain-on-failure', '-k-k-k'],
  ['on-first-retry', '--kk--'],
  ['retry-with-video', '--kk--'],
  ['on-all-retries', '--kkkk'],
  ['retain-on-first-failure', '-k----'],
  ['retain-on-failure-and-retries', '-kkkkk'],
  [{ mode: 'retain-on-failure', size: { width: 640, height: 480 } }, '-k-k-k'],
])('%o keeps what it keeps of pages', (option, expected) => {
  expect(kept(option)).toBe(expected);
});

test('a size is that of the option, and else that of the screens', () => {
  expect(sizeOf({ mode: 'on', size: { width: 640, height: 480 } })).toEqual({ width: 640, height: 480 });
  expect(sizeOf({ mode: 'on' })).toBeNull();
  expect(sizeOf('on')).toBeNull();
});
