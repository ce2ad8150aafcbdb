/**
 * A small Linux with two root shells: one on the screen, one on the serial port.
 *
 * What a person would see is tested on the screen. A command of which only the output and the exit code matter goes over
 * the serial port: it leaves no trace on the screen, and what it prints comes back exactly, however long it is.
 */
import { expect, test } from 'guestwright';

test('the console shows what is typed and what it answers', async ({ machine }) => {
  const { keyboard, screen } = machine;
  // Time-outs count the guest's own time, so they hold on a slow computer too. Booting takes about 5 s of it.
  await expect(screen).toShowText('guest:~#', { timeout: 60_000 });

  await test.step('every character arrives as it was typed', async () => {
    const characters = String.raw`ABC xyz 0189 ~!@#$%^&*()_+{}|:<>?-=[]\;,./` + '`"';
    await keyboard.type(`echo '${characters}'\n`);
    // As a whole row: the row of the command itself holds more than that.
    await expect(screen).toShowText(characters, { exact: true });
  });

  await test.step('keys that are no characters work too', async () => {
    // The line before comes back from the shell's history. Ctrl-C gives it up.
    await keyboard.press('ArrowUp');
    await expect(screen).toShowText(/^guest:~# echo '.*'$/);
    await keyboard.press('Control+c');
  });

  await keyboard.type('clear; uname -sm; date; ls --color=always -F /\n');
  await expect(screen).toShowText('Linux i686', { exact: true });
  // Regions are in pixels of the screen: a character is 9 wide and 16 high.
  expect(await screen.getByText('i686').region()).toEqual({ x: 6 * 9, y: 0, width: 4 * 9, height: 16 });
  // The golden holds every character and colour, but for the time of day, which is none of its business.
  await expect(screen).toMatchGolden('root-folder', { mask: [screen.getByText(/\d\d:\d\d:\d\d/)] });
});

test('a snapshot brings back files, the screen and a line that is half typed', async ({ machine }) => {
  const { keyboard, screen, shell } = machine;

  await test.step('commands over the serial port give output and exit code', async () => {
    // The first command waits until there is a shell: no need to wait for the boot.
    expect(await shell.run('uname -sm')).toEqual({ stdout: 'Linux i686\n', exitCode: 0 });
    // A command that fails is a result, not an error.
    expect(await shell.run('echo trying; exit 3')).toEqual({ stdout: 'trying\n', exitCode: 3 });
    expect((await shell.run('seq 1000')).stdout.split('\n')).toHaveLength(1001);
  });

  await shell.run('echo original > /tmp/file');
  await keyboard.type('echo half a line');
  await expect(screen).toShowText(/# echo half a line$/);
  const snapshot = await machine.snapshot('half a line is typed');

  await test.step('change the file and the screen', async () => {
    await keyboard.type(', then the rest of it\n');
    await expect(screen).toShowText('half a line, then the rest of it', { exact: true });
    await shell.run('echo changed > /tmp/file');
    expect((await shell.run('cat /tmp/file')).stdout).toBe('changed\n');
  });

  await machine.revert(snapshot);
  await expect(screen).not.toShowText('the rest of it', { timeout: 0 });
  expect((await shell.run('cat /tmp/file')).stdout).toBe('original\n');

  await test.step('go on from the snapshot in another way', async () => {
    await keyboard.type(', then something else\n');
    await expect(screen).toShowText('half a line, then something else', { exact: true });
  });

  await keyboard.type('poweroff -f\n');
  await expect(machine).toBePoweredOff();
});
