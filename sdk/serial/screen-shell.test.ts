import { expect, test } from 'vitest';
import { GuestKeyboard } from '../input/keyboard.js';
import { GuestPointer } from '../input/pointer.js';
import { failureOf } from '../machine/fake-machine.test.helper.js';
import { cellReader } from '../screen/reader.js';
import { MachineScreen } from '../machine/screen.js';
import { screenGuest, type FakeShellOptions } from './fake-shell.test.helper.js';
import { ScreenShellTerminal } from './screen-shell.js';
import { MachineShell } from './shell.js';

function shellOf(options: FakeShellOptions = {}) {
  const { machine, shell: guest } = screenGuest({ piece: 512, ...options });
  const screen = new MachineScreen({
    port: machine,
    pointer: new GuestPointer(machine),
    reader: cellReader,
    goldens: async () => [],
  });
  const shell = new MachineShell(machine, new ScreenShellTerminal(machine, new GuestKeyboard(machine), screen));
  return { machine, guest, screen, shell };
}

test.each([
  ['a line', 'echo hello', 'hello\n', 0],
  ['no output', 'true', '', 0],
  ['no final newline, blanks at the ends of lines', "printf '  a  \\n\\nb  '", '  a  \n\nb  ', 0],
  ['errors merged, and an exit code', 'echo out; echo err >&2; exit 3', 'out\nerr\n', 3],
  ['characters that the screen cannot show', 'echo "\u65e5\u672c \u{1f600}"', '\u65e5\u672c \u{1f600}\n', 0],
  ['escape sequences', "printf '\\033[2Jgone?'", '\u001b[2Jgone?', 0],
  ['what looks like a prompt and an x', "printf 'x~ # x1'", 'x~ # x1', 0],
])('%s', async (_name, command, stdout, exitCode) => {
  const { shell } = shellOf();
  expect(await shell.run(command)).toEqual({ stdout, exitCode });
});

test('commands follow one another', async () => {
  const { shell } = shellOf();
  await shell.run('exit 3');
  expect(await shell.run('echo still here')).toEqual({ stdout: 'still here\n', exitCode: 0 });
});

test('output of many screens is read exactly', async () => {
  const { shell, screen } = shellOf();
  const lines = Array.from({ length: 100 }, (_, index) => `line ${index + 1}\n`);
  expect((await shell.run('i=1; while [ $i -le 100 ]; do echo "line $i"; i=$((i+1)); done')).stdout).toBe(
    lines.join(''),
  );
  // Whoever looks at the screen sees the output itself.
  expect(await screen.text()).toContain('line 99\nline 100\n');
});

test('a long command is typed in pieces', async () => {
  const { shell } = shellOf();
  const text = 'it\u2019s long '.repeat(60);
  expect((await shell.run(`printf %s "${text}"`)).stdout).toBe(text);
});

test('too much output is an error that says how much, never a part of it; the shell goes on', async () => {
  const { shell } = shellOf();
  const error = await failureOf(shell.run('printf %0100000d 1'));
  expect(error.failure).toMatchObject({ kind: 'usage', code: 'shell-output-too-long', seen: '100000 bytes' });
  expect((await shell.run('echo on')).stdout).toBe('on\n');
});

test('a message of the kernel that runs into a page makes it be shown again', async () => {
  const { shell, guest, machine } = shellOf();
  const typed = guest.typed.bind(guest);
  let told = false;
  guest.typed = (text) => {
    typed(text);
    if (told || text !== '\n' || !/^ gwp\d+ /.test(guest.lines.at(-1) ?? '')) return;
    told = true;
    guest.tell('\u001b[H[   10.5] usb 1-1: new device\r\n\r\n\r\n# ');
  };
  expect((await shell.run('echo whole')).stdout).toBe('whole\n');
  expect(told).toBe(true);
  expect(machine.power).toBe('running');
});

test('a screen without a prompt is shown', async () => {
  const { shell } = shellOf({ prompt: 'gw login: ' });
  const error = await failureOf(shell.run('true'));
  expect(error.code).toBe('shell-no-prompt');
  expect(error.message).toContain('|gw login:');
});

test('a command that does not end is told with the screen', async () => {
  const { shell, machine } = shellOf();
  const run = shell.run('true', { timeout: 500 });
  const type = machine.input.bind(machine);
  // The guest hangs once the command is typed.
  let keys = 0;
  machine.input = async (input, options) => {
    keys++;
    if (input.kind === 'key' && input.code === 'Enter' && keys > 50) machine.guest.onKey = () => undefined;
    return await type(input, options);
  };
  const error = await failureOf(run);
  expect(error.code).toBe('shell-timeout');
  expect(error.message).toContain('"true" did not end within 500 ms');
});
