import { expect, test, vi } from 'vitest';
import { networkOf, Tries } from './tries.js';

test('after so many tries the next waits until the first of them is long enough ago', () => {
  vi.useFakeTimers();
  try {
    const tries = new Tries(2, 60_000);
    expect([tries.begin('a'), tries.begin('a'), tries.begin('b')]).toEqual([null, null, null]);
    vi.advanceTimersByTime(10_000);
    expect(tries.begin('a')).toBe(50);
    tries.forgive('a');
    expect(tries.begin('a')).toBeNull();
    vi.advanceTimersByTime(50_001);
    expect(tries.begin('a')).toBeNull();
    expect(tries.begin('a')).toBe(10);
  } finally {
    vi.useRealTimers();
  }
});

test('of IPv6 addresses the network counts', () => {
  expect(networkOf('192.0.2.7')).toBe('192.0.2.7');
  expect(networkOf('::ffff:192.0.2.7')).toBe('192.0.2.7');
  expect(networkOf('2001:db8:1:2:3:4:5:6')).toBe(networkOf('2001:db8:1:2::1'));
  expect(networkOf('2001:db8:1:3::1')).not.toBe(networkOf('2001:db8:1:2::1'));
  expect(networkOf('::1')).toBe('0:0:0:0::/64');
});
