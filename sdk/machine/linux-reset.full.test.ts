/** A kernel that was put into memory before the machine started is there again after the reset button. */
import { expect, test } from 'vitest';
import { launch } from './launch.js';

test('Linux, started directly, starts again after a reset', async () => {
  await using machine = await launch({
    kernel: { path: 'linux-busybox:kernel', initrd: 'linux-busybox:initrd' },
    memory: 128,
  });
  await machine.shell.run('echo before > /tmp/file', { timeout: 60_000 });
  await machine.reset();
  expect(await machine.shell.run('cat /tmp/file; echo up', { timeout: 60_000 })).toEqual({
    stdout: expect.stringMatching(/No such file[^]*\nup\n$/) as string,
    exitCode: 0,
  });
});
