/** A megabyte into the embedded engine's guest and out of it. */
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { launch } from '../machine/launch.js';

test('a megabyte of any bytes goes there and comes back', async () => {
  await using machine = await launch({
    kernel: { path: 'linux-busybox:kernel', initrd: 'linux-busybox:initrd' },
    memory: 128,
  });
  const bytes = randomBytes(1024 * 1024);
  await machine.files.put('/root/random', bytes);
  expect(Buffer.from(await machine.files.get('/root/random')).equals(bytes)).toBe(true);
});
