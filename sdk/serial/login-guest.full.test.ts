/** Logging in to a real guest on its screen; on the serial port: login-guest.test.ts. */
import { expect, test } from 'vitest';
import { launch } from '../machine/launch.js';
import { NOW, PASSWORD, withLogin } from './login-guest.test.helper.js';

test('a command logs in on the screen first', async () => {
  const spec = { kernel: { path: 'linux-busybox:kernel', initrd: 'linux-busybox:initrd' }, memory: 128 };
  await using machine = await launch({
    ...spec,
    shell: { on: 'screen', login: { user: 'tester', password: PASSWORD } },
  });
  expect((await machine.shell.run(withLogin('tty1'))).exitCode).toBe(0);
  await machine.keyboard.type(NOW);
  await machine.screen.getByText(/guest login: $/).waitFor({ timeout: 60_000 });
  expect(await machine.shell.run('id -un')).toEqual({ stdout: 'tester\n', exitCode: 0 });
});
