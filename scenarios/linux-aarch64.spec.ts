/** Linux on another processor than the host's: 64-bit Arm, on QEMU's board `virt`, with two processors. */
import { expect, test } from 'guestwright';

test('Linux for 64-bit Arm has a shell on the serial port, and one on the screen', async ({ machine }) => {
  const { screen, shell } = machine;
  // On an emulated processor it takes a while until there is a shell, and on QEMU a time-out counts wall time.
  await machine.serial.waitFor(/guest:~# $/, { timeout: 240_000 });
  expect(await shell.run('uname -sm')).toEqual({ stdout: 'Linux aarch64\n', exitCode: 0 });
  expect((await shell.run('nproc')).stdout).toBe('2\n');

  await test.step('every bus has its disk', async () => {
    const { stdout } = await shell.run('cd /sys/class/block && for i in *; do echo $i $(cat $i/size); done');
    // Sectors of 512 bytes.
    for (const disk of ['vda 16384', 'sda 18432', 'nvme0n1 20480']) expect(stdout.split('\n')).toContain(disk);
  });

  await test.step('what is written to a disk is there', async () => {
    for (const disk of ['vda', 'sda', 'nvme0n1']) {
      await shell.run(`echo this is ${disk} | dd of=/dev/${disk} bs=512 conv=sync && sync`);
      // Past the guest's own cache.
      await shell.run('echo 3 > /proc/sys/vm/drop_caches');
      expect((await shell.run(`head -n 1 /dev/${disk}`)).stdout).toBe(`this is ${disk}\n`);
    }
  });

  await test.step('a CD is changed while the machine runs', async () => {
    // Sectors of 512 bytes, as the drive tells of what is in it when it is opened.
    const sectors = 'head -c 1 /dev/sr0 > /dev/null; cat /sys/class/block/sr0/size';
    expect((await shell.run(sectors)).stdout).toBe('9924\n');
    await machine.insert('cdrom0', 'ipxe:cdrom');
    await expect.poll(async () => (await shell.run(sectors)).stdout, { timeout: 30_000 }).toBe('4096\n');
  });

  await test.step('the screen is a Linux console, and is read exactly', async () => {
    await expect(screen).toShowText('guest:~#');
    await shell.run('echo "Written to $(hostname) on $(uname -m)" > /dev/tty1');
    await expect(screen).toShowText('Written to guest on aarch64');
  });

  await machine.serial.write('poweroff -f\n');
  await expect(machine).toBePoweredOff();
});
