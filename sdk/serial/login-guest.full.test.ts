/** Logging in to a real guest: busybox's getty and login, in place of the shells that it starts with. */
import { expect, test } from 'vitest';
import { failureOf } from '../machine/fake-machine.test.helper.js';
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

test('a command logs in on the serial port first; a wrong password is told', async () => {
  const spec = { kernel: { path: 'linux-busybox:kernel', initrd: 'linux-busybox:initrd' }, memory: 128 };
  await using machine = await launch({ ...spec, shell: { login: { user: 'tester', password: PASSWORD } } });
  expect((await machine.shell.run(withLogin('ttyS0'))).exitCode).toBe(0);
  await machine.serial.write(NOW);
  await machine.serial.waitFor('guest login: ', { timeout: 60_000 });
  expect(await machine.shell.run('id -un')).toEqual({ stdout: 'tester\n', exitCode: 0 });
  expect(machine.journal.some(({ secret }) => secret === true)).toBe(true);

  await machine.serial.write('exit\n');
  await machine.serial.waitFor('guest login: ', { timeout: 60_000 });
  machine.spec.shell.login = { user: 'tester', password: 'wrong' };
  const error = await failureOf(machine.shell.run('true'));
  expect(error.code).toBe('shell-login-refused');
  expect(error.message).toMatch(/Login incorrect/i);
});
