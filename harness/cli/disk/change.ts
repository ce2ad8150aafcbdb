import { Command } from 'commander';
import { size as wordSize } from '../store.js';
import { longWork } from './long-work.js';
import { parentsOption, parseDiskSize, print } from './options.js';

const loadDisks = () => import('../../../sdk/disks/index.js');

export function resizeCommand(): Command {
  return new Command('resize')
    .description('make a disk larger, in place; its partitions and file systems stay as they are')
    .argument('<file>', 'an image')
    .argument('<size>', 'the new size of the disk: 10GB, 512MiB, or bytes', parseDiskSize)
    .option('--shrink', 'it may become smaller, if what is cut off is zeros')
    .option('--yes', 'also when other images in the folder lie on it: they are broken by it')
    .action(async (file: string, size: number, { shrink, yes }: { shrink?: true; yes?: true }) => {
      const { resizeDisk } = await loadDisks();
      await longWork(`${file} may have either size: guestwright disk info`, async (context) => {
        const disk = await resizeDisk(file, { ...context, size, shrink, breakChildren: yes });
        print(`${file}: a disk of ${wordSize(disk.size)}`);
      });
    });
}

export function compactCommand(): Command {
  return new Command('compact')
    .description('write an image anew without the room that zeros take')
    .argument('<file>', 'an image')
    .addOption(parentsOption())
    .option('--free-space', 'also without what the file systems on it do not use (ext2, ext3, ext4, FAT)')
    .action(async (file: string, { parent, freeSpace }: { parent: string[]; freeSpace?: true }) => {
      const { compactDisk } = await loadDisks();
      await longWork(`${file} is as it was`, async (context) => {
        const { before, after, left } = await compactDisk(file, { ...context, parents: parent, freeSpace });
        print(`${file}: ${wordSize(before)} before, ${wordSize(after)} now`);
        for (const part of left) print(`  left as it was: ${part}`);
      });
    });
}
