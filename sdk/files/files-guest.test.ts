/** Files into a real guest and out of it: all of it on QEMU, and the shortest on the embedded engine. */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { engineNamed } from '../engines/index.js';
import { failureOf } from '../machine/fake-machine.test.helper.js';
import { launch } from '../machine/launch.js';
import { testFilesOn } from './files-guest.test.helper.js';

const probe = await (await engineNamed('qemu')).probe();
if (!probe.available) console.log(`QEMU is not tested here: ${probe.missing}; ${probe.install}`);

describe.skipIf(!probe.available)('on QEMU', () => testFilesOn('qemu', 128 * 1024));

// The whole of it takes minutes of processor time there: files-guest.full.test.ts.
test('on the embedded engine any bytes go there and come back', async () => {
  await using machine = await launch({
    kernel: { path: 'linux-busybox:kernel', initrd: 'linux-busybox:initrd' },
    memory: 128,
  });
  const bytes = randomBytes(4 * 1024);
  await machine.files.put("/tmp/it's random", bytes);
  expect(Buffer.from(await machine.files.get("/tmp/it's random")).equals(bytes)).toBe(true);
  expect((await failureOf(machine.files.get('/tmp/none'))).code).toBe('guest-file-missing');
});
