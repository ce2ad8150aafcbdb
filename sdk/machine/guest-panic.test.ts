import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { printing } from '../engines/conformance/boot-sector.js';
import { findPanic } from './guest-panic.js';
import { launch } from './launch.js';

const WORDS = 'Kernel panic - not syncing: Fatal exception in interrupt';

test('the words of a panic are found without what the console puts around them', () => {
  const trace = ['[    4.1] CPU: 0 PID: 1 Comm: init', '[    4.2] Call Trace:', `[    4.3] ---[ end ${WORDS} ]---`, ''];
  expect(findPanic(['login:', `[    4.0] ${WORDS}`, ...trace])).toBe(WORDS);
  expect(findPanic(['Kernel panic - not syncing'])).toBe('Kernel panic - not syncing');
});

test('a panic that the guest has come back from is history', () => {
  expect(findPanic([WORDS, ...Array.from({ length: 40 }, (_, i) => `line ${i} of the next boot`)])).toBeNull();
  expect(findPanic(['nothing of the kind', ''])).toBeNull();
  expect(findPanic([])).toBeNull();
});

test('a wait that ends with a panic on the screen failed of the guest, and quotes it', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'guestwright-panic-'));
  try {
    const floppy = path.join(folder, 'floppy');
    const image = new Uint8Array(1_474_560);
    image.set(printing('Kernel panic - not syncing: VFS'));
    await writeFile(floppy, image);
    await using machine = await launch({ floppy, memory: 16 });
    const failure = { kind: 'guest', code: 'crashed' };
    await expect(machine.screen.getByText('login:').waitFor({ timeout: 5_000 })).rejects.toMatchObject({
      failure,
      message: expect.stringContaining('the kernel said "Kernel panic - not syncing: VFS" (on the screen)') as string,
    });
    expect(machine.failure).toMatchObject(failure);
    // What may time out without being a failure does so as ever.
    await machine.screen.waitForStable({ for: 100 });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
