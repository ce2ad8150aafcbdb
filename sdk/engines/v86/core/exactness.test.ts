import { expect, test } from 'vitest';
import { perform } from './exactness.test.helper.js';

test('the state hash changes with one bit of memory, CPU, engine, devices, disks, clock or randomness', async () => {
  const { hashes } = await perform({ kind: 'bits' });
  const { before, ...altered } = hashes;
  expect(Object.keys(altered)).toEqual(['memory', 'cpu', 'engine', 'devices', 'disks', 'clock', 'random']);
  let base = before;
  for (const [part, hash] of Object.entries(altered)) {
    expect(hash.hash, part).not.toBe(base?.hash);
    const changed = Object.keys(hash.parts).filter((name) => hash.parts[name] !== base?.parts[name]);
    expect(changed, `parts that changed with one bit of ${part}`).toEqual([part]);
    // These two alterations stay for the rest.
    if (part === 'disks' || part === 'clock') base = hash;
  }
});

// A whole boot, watched, stored and restored in every way: exactness.full.test.ts.
