import { expect, test } from 'vitest';
import { failureOf } from '../machine/fake-machine.test.helper.js';
import { SerialConsole } from './console.js';
import { serialGuest, type FakeShellOptions } from './fake-shell.test.helper.js';
import { SerialShellTerminal } from './serial-shell.js';
import { MachineShell } from './shell.js';

function shellOf(options: FakeShellOptions = {}, spec = {}) {
  const { machine, shell: guest } = serialGuest(options, spec);
  const serial = new SerialConsole(machine, 0);
  const shell = new MachineShell(machine, new SerialShellTerminal(machine, serial));
  return { guest, machine, serial, shell };
}

test.each([
  ['a line', 'echo hello', 'hello\n', 0],
  ['no output', 'true', '', 0],
  ['no final newline', "printf 'no newline'", 'no newline', 0],
  ['blank lines and blanks kept', "printf '\\n  a  \\n\\n'", '\n  a  \n\n', 0],
  ['errors merged in order', 'echo out; echo err >&2; echo out', 'out\nerr\nout\n', 0],
  ['an exit code', 'sh -c "exit 42"', '', 42],
  ['exit ends the command, not the shell', 'echo a; exit 3; echo b', 'a\n', 3],
  ['a shell that stops at an error', 'set -e; false; echo never', '', 1],
  ['killed by a signal', "sh -c 'kill -9 $$' 2>/dev/null", '', 137],
  ['several lines', 'for i in 1 2\ndo\n\techo "$i"\ndone', '1\n2\n', 0],
  ['a here document', 'cat <<EOF\n$((6 * 7)) \\$x `echo sub`\nEOF', '42 $x sub\n', 0],
  ['a comment at the end', 'echo x # and "why', 'x\n', 0],
  ['quotes of both kinds', `echo 'it'"'"'s' "\\"quoted\\""`, 'it\'s "quoted"\n', 0],
  [
    'percent, backslashes and exclamation marks',
    `printf '%s\\n' '100%' 'a\\b\\0101' '!!'`,
    '100%\na\\b\\0101\n!!\n',
    0,
  ],
  [
    'characters beyond ASCII',
    'echo "\u00fcml\u00e4ut \u65e5\u672c \u{1f600}"',
    '\u00fcml\u00e4ut \u65e5\u672c \u{1f600}\n',
    0,
  ],
  ['carriage returns of the program', "printf 'a\\r\\nb\\rc\\n'", 'a\r\nb\rc\n', 0],
  ['escape sequences of the program', "printf '\\033[31mred\\033]0;open'", '\u001b[31mred\u001b]0;open', 0],
  ['what looks like a prompt', "printf '~ # \\nroot@host:/# '", '~ # \nroot@host:/# ', 0],
  ['what looks like a mark', 'echo "GW-END-"1":0:"; echo GW-BEGIN-1', 'GW-END-1:0:\nGW-BEGIN-1\n', 0],
  ['lines longer than the terminal is wide', 'printf %0200d 7', '7'.padStart(200, '0'), 0],
])('%s', async (name, command, stdout, exitCode) => {
  const { shell } = shellOf();
  // The marks of the first command are taken by the one before, so that only this one's would do harm.
  if (name === 'what looks like a mark') await shell.run('true');
  expect(await shell.run(command)).toEqual({ stdout, exitCode });
  expect(await shell.run('echo still here')).toEqual({ stdout: 'still here\n', exitCode: 0 });
});

test('the result is the same however output is cut and wherever the echo wraps', async () => {
  for (let size = 1; size <= 24; size++) {
    const { shell, machine } = shellOf({ piece: size, width: 17 + size });
    machine.timeouts.expect = 60_000;
    expect(await shell.run('printf "a\\n# b"; exit 7')).toEqual({ stdout: 'a\n# b', exitCode: 7 });
  }
});

test('a command longer than a line editor takes is typed in pieces and arrives whole', async () => {
  const { shell, guest } = shellOf();
  const text = Array.from({ length: 60 }, (_, index) => `word-${index} 'quoted' \u00e9!`).join('\n');
  const { stdout } = await shell.run(`cat <<'EOF'\n${text}\nEOF`, { timeout: 20_000 });
  expect(stdout).toBe(`${text}\n`);
  expect(Math.max(...guest.lines.map((line) => line.length))).toBeLessThan(500);
});

test('what is typed is the same in every run, and new for every command', async () => {
  const typed = async () => {
    const { shell, guest } = shellOf();
    await shell.run('echo a');
    await shell.run('echo a');
    return guest.lines;
  };
  const lines = await typed();
  expect(await typed()).toEqual(lines);
  expect(new Set(lines).size).toBe(lines.length);
});

test('after a revert the same command types the same bytes again', async () => {
  const { shell, guest } = shellOf();
  await shell.run('true');
  const state = shell.save();
  await shell.run('echo again');
  const first = guest.lines.at(-1);
  shell.restore(state);
  await shell.run('echo again');
  expect(guest.lines.at(-1)).toBe(first);
});

test('commands that are given at once are run one after the other', async () => {
  const { shell } = shellOf();
  const results = await Promise.all(['echo 1', 'echo 2', 'exit 3'].map((command) => shell.run(command)));
  expect(results).toEqual([
    { stdout: '1\n', exitCode: 0 },
    { stdout: '2\n', exitCode: 0 },
    { stdout: '', exitCode: 3 },
  ]);
});

test('after a restart the prompt of before is not taken for the one to come', async () => {
  const { shell, guest } = shellOf();
  await shell.run('true');
  guest.restart(3000);
  shell.forget();
  expect(await shell.run('echo again')).toEqual({ stdout: 'again\n', exitCode: 0 });
  // Reverted to a moment at which nobody had found the shell again, it is the same.
  guest.restart(3000);
  shell.forget();
  const saved = shell.save();
  shell.restore(saved);
  expect(await shell.run('echo once more')).toEqual({ stdout: 'once more\n', exitCode: 0 });
});

test('a shell that is still booting is waited for', async () => {
  const { shell, machine } = shellOf({ bootsAt: 3000 });
  expect((await shell.run('echo up')).stdout).toBe('up\n');
  expect(machine.now).toBeGreaterThan(3000);
});

test('kernel messages after the prompt do not hide it', async () => {
  const { shell, guest, machine } = shellOf();
  await machine.clock.advance(100);
  guest.tell('[    4.2] random: crng init done\r\n');
  await machine.clock.advance(100);
  expect((await shell.run('echo ok')).stdout).toBe('ok\n');
});

test('a missing prompt is told with what is there instead', async () => {
  const { shell } = shellOf({ prompt: 'gw login: ' });
  const error = await failureOf(shell.run('true'));
  expect(error.failure).toMatchObject({ kind: 'assertion', code: 'shell-no-prompt' });
  expect(error.message).toContain('gw login: ');
  expect(error.message).toContain('shell: { login: { user, password } }');
});

test('a prompt of its own can be given', async () => {
  const { shell } = shellOf({ prompt: 'guest> ' }, { shell: { prompt: /^guest> $/g } });
  expect((await shell.run('echo a')).stdout).toBe('a\n');
  expect((await shell.run('echo b')).stdout).toBe('b\n');
});

test('a command that does not end is told with what it printed so far, and what to do', async () => {
  const { shell, serial } = shellOf();
  const error = await failureOf(shell.run('echo one; echo two; echo HANG', { timeout: 700 }));
  expect(error.failure).toMatchObject({ kind: 'assertion', code: 'shell-timeout' });
  expect(error.message).toContain('"echo one; echo two; echo HANG" did not end within 700 ms');
  expect(error.message).toMatch(/it printed so far:\n\s+one\n\s+two/);
  const next = await failureOf(shell.run('true'));
  expect(next.code).toBe('shell-no-prompt');
  expect(next.message).toContain('may still be running');
  await serial.write('\u0003');
  expect((await shell.run('echo back')).stdout).toBe('back\n');
});

test('a command counts as seen on the serial port', async () => {
  const { shell, serial, machine } = shellOf();
  await shell.run('echo needle');
  machine.at(machine.now + 200, () => machine.send('another needle\r\n'));
  expect((await serial.waitFor(/.*needle/)).text).toBe('another needle');
});

test('a command is one step of a report', async () => {
  const { shell, machine } = shellOf();
  await shell.run('echo a');
  expect(machine.actions).toEqual([{ name: 'shell.run', title: 'Run echo a', params: { command: 'echo a' } }]);
});

test('a command with a NUL character is refused', async () => {
  expect((await failureOf(shellOf().shell.run('a\0b'))).code).toBe('shell-command-invalid');
});
