/**
 * Starts the Debian that `install-debian.spec.ts` has installed: every scenario here has a machine of its own, made from
 * the one that was kept, and what one does to its disk no other sees.
 */
import { expect, test } from 'guestwright';
import { hostName, installed, logIn, logInOnSerialPort, rootPartition } from './installed-debian.js';

const MINUTE = 60_000;
test.setTimeout(30 * MINUTE);

test.beforeEach(async ({}, testInfo) => {
  testInfo.annotations.push({ type: 'from', description: await installed(testInfo) });
});

test('what was installed starts without the medium', async ({ launch, guests, guest }, testInfo) => {
  const machine = await launch({ ...guests[guest ?? ''], engine: 'qemu', state: await installed(testInfo) });
  const { keyboard, screen, shell } = machine;

  await test.step('take the medium out and start', async () => {
    await machine.start({ cdrom: null });
    await expect(screen).toShowText(`${hostName} login:`, { timeout: 15 * MINUTE });
    await logIn(machine);
    await logInOnSerialPort(machine);
  });

  await test.step('look at what the installation left', async () => {
    expect((await shell.run('hello')).stdout).toBe('Hello, world!\n');
    expect((await shell.run('findmnt --noheadings --output SOURCE /')).stdout).toBe(`${rootPartition(machine)}\n`);
    expect((await shell.run('head -c 1 /dev/sr0')).stdout).toContain('No medium found');
    expect((await shell.run('nproc')).stdout).toBe('2\n');
  });

  await keyboard.type('systemctl poweroff\n');
  await expect(machine).toBePoweredOff({ timeout: 5 * MINUTE });
});
