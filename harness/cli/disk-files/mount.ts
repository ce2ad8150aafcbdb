import { Command, InvalidArgumentError } from 'commander';

/** Loaded when asked for: help must answer at once. */
const loadMount = () => import('../../../sdk/disks/mount/index.js');

const print = (line: string) => void process.stdout.write(`${line}\n`);

export function mountCommand(): Command {
  return new Command('mount')
    .description('mount the file systems of a disk image in a folder, without root and without kernel modules')
    .argument('<image>', 'raw, VHD, VHDX, qcow2 or VMDK')
    .argument('<folder>', 'an empty folder, or one that is made')
    .option('--partition <number>', 'only this partition (as in `guestwright disk ls IMAGE`)', parseNumber)
    .option('--read-only', 'what is mounted cannot be written')
    .option('--json', 'print where what is mounted as JSON')
    .addHelpText('after', AFTER_MOUNT)
    .action(async (image: string, folder: string, options: MountFlags) => {
      const { mountDisk } = await loadMount();
      const { partition, readOnly, json } = options;
      const mounted = await mountDisk(image, { at: folder, partition, readOnly });
      if (json) {
        print(JSON.stringify(mounted, null, 2));
        return;
      }
      for (const one of mounted.partitions) print(`${one.at}  ${wordNumber(one.number)}, ${one.fileSystem}`);
      for (const skipped of mounted.skipped) print(`not mounted: ${skipped}`);
    });
}

interface MountFlags {
  partition?: number;
  readOnly?: true;
  json?: true;
}

const AFTER_MOUNT = `
What you write goes into an overlay beside the image, not into the image: "guestwright disk unmount" with --commit writes it
into the image, with --discard throws it away. One file system is mounted at the folder itself, several at FOLDER/1,
FOLDER/2, … FAT, ext2, ext3, ext4, NTFS and (only to be read) ISO 9660.

An image from elsewhere can hold links: in a mounted folder "etc -> /etc" leads to this host's files. "guestwright disk cat",
"get" and "put" never leave the image.

Examples:
  guestwright disk mount machine.vhd ./m
  cp hosts ./m/2/etc/hosts
  guestwright disk unmount --commit ./m`;

export function unmountCommand(): Command {
  return new Command('unmount')
    .description('end a mount: commit what was written to the image, or discard it')
    .argument('<image or folder>', 'the image, or the folder that it was mounted at')
    .option('--commit', 'write into the image what was written to the mount')
    .option('--discard', 'throw it away; the image is as it was')
    .addHelpText(
      'after',
      `
Neither is needed when nothing was written. (ext and NTFS note in themselves that they are mounted: that counts. Mount with
--read-only where you only look.) An interrupted commit is finished by the same command again.`,
    )
    .action(async (what: string, { commit, discard }: { commit?: true; discard?: true }, command: Command) => {
      if (commit && discard) command.error('error: --commit and --discard exclude each other');
      const { unmountDisk } = await loadMount();
      const { image, outcome, written } = await unmountDisk(what, commit ? 'commit' : discard ? 'discard' : undefined);
      const words = {
        committed: `${(written / 1e6).toFixed(1)} MB committed`,
        discarded: 'what was written is discarded',
        unwritten: 'nothing was written',
      };
      print(`${image}: unmounted, ${words[outcome]}`);
    });
}

export function mountsCommand(): Command {
  return new Command('mounts')
    .description('list what `guestwright disk mount` has mounted')
    .option('--json', 'print the list as JSON')
    .action(async ({ json }: { json?: true }) => {
      const { listMounts } = await loadMount();
      const mounts = await listMounts();
      if (json) print(JSON.stringify(mounts, null, 2));
      else if (mounts.length === 0) print('Nothing is mounted.');
      for (const { image, at, readOnly, created, partitions, state, died } of json ? [] : mounts) {
        print(`${image}  ${STATES[state]}${readOnly ? ', read-only' : ''}, since ${created}`);
        if (at !== null) print(`  at ${at}`);
        for (const one of partitions) print(`  ${one.at}  ${wordNumber(one.number)}, ${one.fileSystem}`);
        for (const line of died) print(`  ${line}: guestwright disk unmount --discard ${at ?? image}`);
      }
    });
}

const STATES = {
  opening: 'being mounted',
  mounted: 'mounted',
  closing: 'being unmounted',
  committing: 'a commit that is not finished',
  broken: 'broken',
};

export function wordNumber(partition: number): string {
  return partition === 0 ? 'the whole disk' : `partition ${partition}`;
}

function parseNumber(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new InvalidArgumentError('It is to be the number of a partition.');
  return Number(text);
}
