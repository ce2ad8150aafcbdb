/** A real kernel's boot, watched, stored and restored in every way: its end is always the same. */
import { describe, expect, test } from 'vitest';
import { bootLinux, RESERVED } from './exactness.test.helper.js';

describe('a run ends in one state, however it is watched, stored or restored', () => {
  test('with its heap reserved', { timeout: 600_000 }, async () => {
    const straight = await bootLinux('straight', RESERVED);
    for (const how of ['watched', 'snapshots stored', 'restored in place', 'restored in a fresh instance'] as const) {
      const other = await bootLinux(how, RESERVED);
      expect(other.hashes, how).toEqual(straight.hashes);
      expect(other.grown, `growth of the memory: ${how}`).toBe(0);
    }
  });

  test('over a growth of its memory', { timeout: 600_000 }, async () => {
    const straight = await bootLinux('straight', 0);
    const restored = await bootLinux('restored in place', 0);
    expect(restored.grown).toBeGreaterThan(0);
    expect(restored.hashes).toEqual(straight.hashes);
  });
});
