import { expect, test } from 'vitest';
import { isPlainName, wantedBy } from './answers.js';

test.each([
  ['/preseed.cfg', 'preseed.cfg'],
  ['/seed/user-data?x=../..', 'seed/user-data'],
  ['http://10.0.2.100/a%20b', 'a b'],
  ['//a', 'a'],
  ['/', ''],
])('%s asks for %j', (target, name) => {
  expect(wantedBy('GET', target)).toEqual({ kind: 'name', name });
  expect(wantedBy('HEAD', target)).toEqual({ kind: 'name', name });
});

test.each(['/../etc/passwd', '/a/../../b', '/%2e%2e/x', '/..%2fx', '/a%00b', '/a\\..\\b', '/c:/x', '/%zz'])(
  '%s is refused',
  (target) => {
    expect(wantedBy('GET', target)).toEqual({ kind: 'wrong', status: 400 });
  },
);

test('other methods are refused', () => {
  expect(wantedBy('POST', '/x')).toEqual({ kind: 'wrong', status: 405 });
});

test('a name stays where it is', () => {
  expect(['a', 'a/b', '..a', 'a..'].every(isPlainName)).toBe(true);
  expect(['..', 'a/..', '/a', 'a\nb'].some(isPlainName)).toBe(false);
});
