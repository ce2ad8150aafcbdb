/**
 * What a power cut leaves of ext4. A small Linux writes to a disk, and the power goes after many of its writes: for each cut
 * a fork of the machine finds the disk as it is then, mounts it and checks it.
 *
 * With a journal every cut recovers. Without one some do not: that the sweep shows it is what says that the first result is
 * worth something.
 */
import { expect, sweep, test, type Machine } from 'guestwright';

/** The kernel forgets the disk, and finds it again: forks begin in between. */
const FORGET_DISK = 'echo 1 > /sys/block/sda/device/delete; until [ ! -b /dev/sda ]; do sleep 0.1; done';
const FIND_DISK = [
  'for host in /sys/class/scsi_host/*; do echo "- - -" > $host/scan; done',
  'until [ -b /dev/sda ]; do sleep 0.1; done',
].join('; ');

/** Folders and files come, change their names and go; every second time the shell waits until all is on the disk. */
const WRITE = [
  'for i in $(seq 1 24)',
  'do mkdir /mnt/folder-$i; cp /bin/busybox /mnt/folder-$i/first',
  'echo $i > /mnt/second-$i; mv /mnt/folder-$i/first /mnt/program',
  'rm -f /mnt/second-$((i - 3))',
  '[ $((i % 2)) = 1 ] || sync',
  'done',
].join('; ');

for (const { title, options, survivesAll } of [
  { title: 'ext4 with a journal recovers from every power cut', options: '', survivesAll: true },
  { title: 'ext4 without a journal does not', options: '-O ^has_journal', survivesAll: false },
]) {
  test(title, async ({ machine }) => {
    await machine.screen.getByText('Press Enter to start').waitFor({ timeout: 60_000 });
    await machine.keyboard.press('Enter');
    await run(machine, `modprobe ext4; ${FORGET_DISK}`);
    const recovery = await machine.snapshot('it does not know its disk');

    await run(machine, `${FIND_DISK}; /bin/mke2fs -q -t ext4 -E lazy_itable_init=0 ${options} /dev/sda`);
    await run(machine, 'mount -t ext4 /dev/sda /mnt');
    const report = await sweep.powerCut(
      machine,
      { recovery, step: async () => await run(machine, WRITE) },
      async (fork) =>
        await run(fork, `${FIND_DISK}; mount -t ext4 /dev/sda /mnt && umount /mnt && /bin/e2fsck -fn /dev/sda`),
    );

    expect(report.cuts.length).toBeGreaterThanOrEqual(50);
    if (survivesAll) expect(report.failed).toEqual([]);
    else expect(report.failed).not.toEqual([]);
  });
}

async function run(machine: Machine, command: string): Promise<void> {
  const { exitCode, stdout } = await machine.shell.run(command, { timeout: 120_000 });
  expect(exitCode, stdout).toBe(0);
}
