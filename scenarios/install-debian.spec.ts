/**
 * Installs Debian, for real: from a live medium, through the dialogs of grml-debootstrap, to a blank disk; then restarts
 * from that disk, looks at what was installed, and switches it off. By BIOS and by UEFI, as the project says.
 *
 * It takes 10 to 20 minutes without hardware acceleration, most of them in one wait. No network is used: all packages are
 * on the medium. What was installed is kept for the scenarios of `installed-debian.spec.ts`.
 */
import { expect, test } from 'guestwright';
import { hostName, installed, logIn, logInOnSerialPort, password, rootPartition } from './installed-debian.js';

const MINUTE = 60_000;
// A guest that is translated shares the host with whatever else runs there: these are limits, not expectations.
test.setTimeout(90 * MINUTE);

test('Debian installs from its live medium and starts from the disk', async ({ machine }, testInfo) => {
  const { keyboard, screen, shell } = machine;
  const uefi = machine.spec.firmware === 'uefi';
  const root = rootPartition(machine);

  /** A step whose duration is told, and kept with the results: between two of them it may be quiet for a long time. */
  async function stage(name: string, run: () => Promise<void>): Promise<void> {
    const start = Date.now();
    await test.step(name, run);
    const seconds = ((Date.now() - start) / 1000).toFixed(0);
    testInfo.annotations.push({ type: 'stage', description: `${name}: ${seconds} s` });
    console.log(`${testInfo.project.name}: ${name}: ${seconds} s`);
  }

  await stage('start the live system', async () => {
    await expect(screen).toShowText('Install Debian 12 (bookworm)', { timeout: 2 * MINUTE });
    await keyboard.press('Enter');
    await expect(screen).toShowText('Select label type', { timeout: 15 * MINUTE });
  });

  await stage('partition the disk', async () => {
    if (uefi) {
      await expect(screen).toShowText('gpt', { selected: true });
      await keyboard.press('Enter');
      await expect(screen).toShowText('Create new partition from free space');
      await keyboard.type('n');
      await expect(screen).toShowText(/Partition size: .*G/);
      // The field has a proposal in it: all that is free.
      for (let i = 0; i < 4; i++) await keyboard.press('Backspace');
      await keyboard.type('100M\n');
      await expect(screen).toShowText(/vda1 .*100M Linux filesystem/);
      await keyboard.type('t');
      await keyboard.press('Home');
      await expect(screen).toShowText('EFI System', { selected: true });
      await keyboard.press('Enter');
      await expect(screen).toShowText(/vda1 .*100M EFI System/);
      await keyboard.press('ArrowDown');
      await expect(screen).toShowText(/^>> +Free space/);
      await keyboard.type('n');
      await expect(screen).toShowText(/Partition size: .*G/);
      await keyboard.press('Enter');
      await expect(screen).toShowText(/vda2 .*G Linux filesystem/);
    } else {
      await keyboard.press('ArrowDown');
      await expect(screen).toShowText('dos', { selected: true });
      await keyboard.press('Enter');
      await expect(screen).toShowText('Create new partition from free space');
      await keyboard.type('n');
      await expect(screen).toShowText(/Partition size: .*G/);
      await keyboard.press('Enter');
      await expect(screen).toShowText('[ primary]');
      await keyboard.press('Enter');
      await expect(screen).toShowText('[Bootable]');
      await keyboard.type('b');
      await expect(screen).toShowText(/vda1 +\* .* Linux/);
    }
    await keyboard.type('W');
    await expect(screen).toShowText('Are you sure you want to write the partition table to disk?');
    await keyboard.type('yes\n');
    await expect(screen).toShowText('The partition table has been altered.');
    await keyboard.type('q');
  });

  await stage('answer the installer', async () => {
    /** Waits for a question; Enter takes the answer that it proposes. */
    async function ask(question: string | RegExp, answer?: string, options?: { secret: boolean }): Promise<void> {
      await expect(screen).toShowText(question, { timeout: 2 * MINUTE });
      if (answer !== undefined) await keyboard.type(answer, options);
      await keyboard.press('Enter');
    }

    await ask('configuration of grml-debootstrap.');
    await expect(screen).toShowText('bookworm', { selected: true, timeout: 2 * MINUTE });
    await ask('Please enter the Debian release');
    await ask('Do you want to configure Software RAID?');

    await expect(screen).toShowText('Please select the target partition:', { timeout: 2 * MINUTE });
    if (uefi) await keyboard.press('ArrowDown');
    await expect(screen).toShowText(root, { selected: true });
    await keyboard.press('Enter');
    await ask('install the bootmanager grub?');

    await expect(screen).toShowText('Please enter the hostname');
    await keyboard.press('Control+u');
    await ask('Please enter the hostname', hostName);
    await ask('Please enter the password for the root account:', password, { secret: true });
    await ask('the root account again', password, { secret: true });
    await expect(screen).toShowText('local', { selected: true });
    await ask('Where do you want to install from?');
    await expect(screen).toShowText('/mnt/mirror');
    await ask('Please enter directory');

    await expect(screen).toShowText('Please recheck configuration before execution:');
    await expect(screen).toShowText(new RegExp(`Target: +${root}`));
    await expect(screen).toShowText(new RegExp(`Using hostname: +${hostName}`));
    await keyboard.press('Enter');
  });

  await stage('wait for the installation', async () => {
    // Whichever comes: an installation that fails is not waited out.
    const outcome = { done: 'Debian is installed.', failed: 'The installation has failed' };
    expect(await screen.waitForOneOf(outcome, { timeout: 60 * MINUTE })).toBe('done');
  });

  await stage('restart from the disk', async () => {
    await expect(screen).toShowText('Restart the computer', { selected: true });
    await keyboard.press('Enter');
    // The disk goes before the medium (the spec's boot order), now that there is something on it to start.
    await expect(screen).toShowText(`${hostName} login:`, { timeout: 15 * MINUTE });
  });

  await stage('log in and look around', async () => {
    await logIn(machine);
    await logInOnSerialPort(machine);
    expect((await shell.run('cat /etc/hostname')).stdout).toBe(`${hostName}\n`);
    expect((await shell.run('grep VERSION_CODENAME /etc/os-release')).stdout).toBe('VERSION_CODENAME=bookworm\n');
    expect((await shell.run('findmnt --noheadings --output SOURCE /')).stdout).toBe(`${root}\n`);
    const efi = await shell.run('test -d /sys/firmware/efi');
    expect(efi.exitCode).toBe(uefi ? 0 : 1);
  });

  await stage('install a package from the medium', async () => {
    expect((await shell.run('hello')).exitCode).toBe(127);
    expect(await shell.run('mount /mnt/mirror')).toMatchObject({ exitCode: 0 });
    const quiet = '-qq -o Dpkg::Use-Pty=0';
    const install = `{ apt-get ${quiet} update && apt-get ${quiet} install hello; } >~/apt.log 2>&1`;
    const { exitCode } = await shell.run(install, { timeout: 10 * MINUTE });
    expect(exitCode, (await shell.run('tail -n 15 ~/apt.log')).stdout).toBe(0);
    expect((await shell.run('hello')).stdout).toBe('Hello, world!\n');
    expect(await shell.run('umount /mnt/mirror')).toMatchObject({ exitCode: 0 });
  });

  await stage('power off and keep what was installed', async () => {
    await keyboard.type('systemctl poweroff\n');
    await expect(machine).toBePoweredOff({ timeout: 5 * MINUTE });
    await machine.saveState(await installed(testInfo));
  });
});
