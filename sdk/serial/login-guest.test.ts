/** Logging in to a real guest: busybox's getty and login, in place of the shells that it starts with. */
import { expect, test } from 'vitest';
import { failureOf } from '../machine/fake-machine.test.helper.js';
import { launch } from '../machine/launch.js';

const PASSWORD = 'correct horse';
/** The same as `/etc/passwd` has it: `openssl passwd -5 -salt guestwright`. */
const HASH = '$5$guestwright$zz8GFhsA3PbXnIPMvwsHVKaMlX5lGjmnHbrOUDhIRh5';

/** Gives the guest somebody to log in, and init a `getty` for a terminal, which it starts once it is told (`NOW`). */
const withLogin = (terminal: string): string =>
  `echo 'tester:${HASH}:1000:1000::/tmp:/bin/sh' >> /etc/passwd; ` +
  `sed -i 's#^${terminal}.*#${terminal}::respawn:/bin/getty -L 115200 ${terminal} vt102#' /etc/inittab`;

/** The shell that is there makes room for it. */
const NOW = 'kill -HUP 1; exit\n';

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
