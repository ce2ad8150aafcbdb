import { expect, test } from 'vitest';
import { GuestKeyboard } from '../input/keyboard.js';
import { GuestPointer } from '../input/pointer.js';
import { failureOf } from '../machine/fake-machine.test.helper.js';
import { MachineScreen } from '../machine/screen.js';
import { parseSpec } from '../machine/spec.js';
import { cellReader } from '../screen/reader.js';
import { SerialConsole } from './console.js';
import { screenGuest, serialGuest } from './fake-shell.test.helper.js';
import { askedAtEnd, loginFailed } from './login.js';
import { ScreenShellTerminal } from './screen-shell.js';
import { SerialShellTerminal } from './serial-shell.js';
import { MachineShell } from './shell.js';

const ROOT = { user: 'root', password: 'Tr0ub4dor & 3' };

interface Given {
  user: string;
  password?: string;
}

function serialShell(login?: Given, door = ROOT) {
  const { machine, shell: guest } = serialGuest({ login: door }, { shell: { login } });
  const serial = new SerialConsole(machine, 0);
  return { machine, guest, shell: new MachineShell(machine, new SerialShellTerminal(machine, serial)) };
}

function screenShell(login?: Given, door = ROOT) {
  const { machine, shell: guest } = screenGuest({ login: door, piece: 512 }, { shell: { on: 'screen', login } });
  const pointer = new GuestPointer(machine);
  const screen = new MachineScreen({ port: machine, pointer, reader: cellReader, goldens: async () => [] });
  const terminal = new ScreenShellTerminal(machine, new GuestKeyboard(machine), screen);
  return { machine, guest, shell: new MachineShell(machine, terminal) };
}

test.each<[text: string, asked: string | null]>([
  ['\nguest login: ', 'user'],
  ['Debian GNU/Linux 12 guest ttyS0\n\nguest login:', 'user'],
  ['guest login: root\nPassword: ', 'password'],
  ['password for me: ', 'password'],
  ['guest login: root', null],
  ['Last login: yesterday', null],
  ['Welcome\n~ # ', 'command'],
  ['', null],
])('%j asks for %j', (text, asked) => {
  expect(askedAtEnd(text, /[#$] $/)).toBe(asked);
});

test.each([
  ['serial port', serialShell],
  ['screen', screenShell],
])('on a %s a command logs in first, and only once', async (_where, shellOn) => {
  const { shell, machine } = shellOn(ROOT);
  expect(await shell.run('echo in')).toEqual({ stdout: 'in\n', exitCode: 0 });
  expect((await shell.run('echo again')).stdout).toBe('again\n');
  expect(machine.actions.map(({ name }) => name)).toEqual(['shell.run', 'shell.run']);
});

test.each([
  ['serial port', serialShell],
  ['screen', screenShell],
])('on a %s the password is in no action, no error, and marked in every input', async (_where, shellOn) => {
  const { shell, machine } = shellOn({ ...ROOT, password: 'hunter2' });
  const error = await failureOf(shell.run('true'));
  expect(error.failure).toMatchObject({ kind: 'assertion', code: 'shell-login-refused' });
  expect(error.message).toMatch(/did not let "root" log in[^]*Login incorrect/);
  expect(`${error.message}${JSON.stringify([error.failure, machine.actions])}`).not.toContain('hunter2');
  const secret = machine.inputs.filter((input) => input.secret);
  const shown = machine.inputs.filter((input) => !input.secret);
  expect(secret.length).toBeGreaterThan(0);
  const text = shown.map(({ input }) => (input.kind === 'serial' ? new TextDecoder().decode(input.data) : '')).join('');
  expect(text).not.toContain('hunter2');
});

test('a password that the guest shows is in no message', () => {
  const details = {
    where: 'here',
    login: { ...ROOT, password: 'hunter2' },
    seen: 'Password: hunter2\nLogin incorrect',
  };
  const { message, failure } = loginFailed({ kind: 'refused' }, details);
  expect(message).toContain('Password: ***\n');
  expect(`${message}${JSON.stringify(failure)}`).not.toContain('hunter2');
});

test('a password that is wanted and not given, and a login that is not given, are told as such', async () => {
  expect((await failureOf(serialShell({ user: 'root' }).shell.run('true'))).code).toBe('shell-login-no-password');
  const error = await failureOf(serialShell().shell.run('true'));
  expect(error.code).toBe('shell-no-prompt');
  expect(error.message).toContain('shell: { login: { user, password } }');
});

test('after a restart it logs in again', async () => {
  const { shell, guest } = serialShell(ROOT);
  await shell.run('true');
  guest.restart(2000);
  shell.forget();
  expect((await shell.run('echo back')).stdout).toBe('back\n');
});

test('a spec that is not valid does not show its password', () => {
  const shell = { login: { user: 'root', password: 'hunter2', nonsense: true } };
  expect(() => parseSpec({ shell })).toThrow(/nonsense/);
  expect(() => parseSpec({ shell })).not.toThrow(/hunter2/);
  expect(() => parseSpec({ shell: { login: { user: 'root', passwd: 'hunter2' }, on: 'paper' } as never })).not.toThrow(
    /hunter/,
  );
  expect(() => parseSpec({ shell: { login: { user: 'root', password: 'hunter\n2' } } })).not.toThrow(/hunter/);
  expect(() => parseSpec({ shell: { login: { user: 'root', password: 'hunter\n2' } } })).toThrow(/one line/);
});
