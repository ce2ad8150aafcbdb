/**
 * Installs Linux on a blank disk from a CD, takes the CD out, and starts what was installed.
 *
 * Every question of the installer is waited for before it is answered: a person would do so too, and an answer to a
 * question that never came up is then a failure that says which one is missing. Goldens hold the screens that matter;
 * versions on them are masked, so that a new kernel is no reason to look at them again.
 */
import { expect, test } from 'guestwright';

const hostName = 'teapot';
// Typed with `secret: true` below, so that reports do not show it. A real one would come from the environment.
const password = 'Short & stout 418';
const marker = 'written before the first start';

test('an installed Linux starts from its disk and knows its password', async ({ machine }) => {
  const { keyboard, screen, shell } = machine;

  await test.step('start from the CD', async () => {
    await expect(screen).toShowText('Linux installer', { timeout: 60_000 });
    await expect(screen).toShowText(/^boot: $/);
    await keyboard.press('Enter');
    await expect(screen).toShowText('installer:~#', { timeout: 60_000 });
  });

  await test.step('answer the installer', async () => {
    await keyboard.type('clear; install-system\n');
    await expect(screen).toShowText('Install on which disk [sda]:');
    await expect(screen).toMatchGolden('disks');
    await keyboard.type('sda\n');

    await expect(screen).toShowText('Everything on sda will be lost.');
    await keyboard.type('yes\n');
    await expect(screen).toShowText('Host name [guest]:');
    await keyboard.type(`${hostName}\n`);

    await expect(screen).toShowText('Password for root:');
    await keyboard.type(`${password}\n`, { secret: true });
    await expect(screen).toShowText('The same password again:');
    await keyboard.type(`${password}\n`, { secret: true });
  });

  await test.step('wait for the installation', async () => {
    // Guest time: on the host this takes the better part of a minute.
    await expect(screen).toShowText('Installation complete.', { timeout: 120_000 });
    await expect(screen).toMatchGolden('complete');
  });

  await test.step('leave a file on the new system and power off', async () => {
    await keyboard.type('clear; mount /dev/sda1 /mnt\n');
    await keyboard.type(`echo ${marker} > /mnt/root/marker; umount /mnt; echo umount: $?\n`);
    await expect(screen).toShowText('umount: 0');
    await keyboard.type('poweroff\n');
    await expect(machine).toBePoweredOff();
  });

  await test.step('start from the disk alone', async () => {
    // The machine has no floppy drive; its CD drive is there, but empty.
    await machine.start({ cdrom: null, boot: ['disk'] });
    await expect(screen).toShowText(`${hostName} login:`, { timeout: 60_000 });
    await expect(screen).toMatchGolden('login', {
      mask: [screen.getByText(/SeaBIOS .*/), screen.getByText(/SYSLINUX .*/), screen.getByText(/\d\S*-686/)],
    });
  });

  await test.step('only the right password opens it', async () => {
    await keyboard.type('root\n');
    await expect(screen).toShowText(/^Password: $/);
    await keyboard.type('something else\n');
    await expect(screen).toShowText('Login incorrect');

    await expect(screen).toShowText(new RegExp(`^${hostName} login: $`));
    await keyboard.type('root\n');
    await expect(screen).toShowText(/^Password: $/);
    await keyboard.type(`${password}\n`, { secret: true });
    await expect(screen).toShowText(`${hostName}:~#`);
  });

  // This guest's spec says `shell: { on: 'screen' }`: the console that we have just logged in to.
  await test.step('look at the new system', async () => {
    expect(await shell.run('cat /root/marker')).toEqual({ stdout: `${marker}\n`, exitCode: 0 });
    expect((await shell.run('cat /etc/hostname')).stdout).toBe(`${hostName}\n`);
    expect((await shell.run('mount')).stdout).toMatch(/^\/dev\/sda1 on \/ type ext4 \(rw,/m);
    // The tools of the installer stayed on the CD, and the CD is gone.
    expect((await shell.run('command -v install-system')).exitCode).not.toBe(0);
    expect((await shell.run('head -c 1 /dev/sr0')).stdout).toContain('No medium found');
  });

  await keyboard.type('poweroff\n');
  await expect(machine).toBePoweredOff();
});
