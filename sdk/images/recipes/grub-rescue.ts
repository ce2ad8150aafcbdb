import type { Recipe } from '../recipe.js';

const FOLDER = 'usr/lib/grub-rescue';

/** GRUB on a floppy and on a CD, as Debian ships it. */
export const grubRescue: Recipe = {
  name: 'grub-rescue',
  description: 'GRUB 2 rescue disks: a boot menu and a command line, up in seconds',
  revision: 1,
  packages: [{ name: 'grub-rescue-pc' }],
  parts: {
    floppy: { kind: 'floppy', description: 'boots to the GRUB menu' },
    cdrom: { kind: 'cdrom', description: 'the same on a CD (El Torito), with more modules' },
  },
  async build({ read }) {
    return {
      floppy: await read('grub-rescue-pc', `${FOLDER}/grub-rescue-floppy.img`),
      cdrom: await read('grub-rescue-pc', `${FOLDER}/grub-rescue-cdrom.iso`),
    };
  },
};
