import type { Recipe } from '../recipe.js';

const AMD64 = 'debian-installer-12-netboot-amd64';
const I386 = 'debian-installer-12-netboot-i386';

/** Where a package has the installer with the text interface. */
function folderOf(architecture: 'amd64' | 'i386'): string {
  return `usr/lib/debian-installer/images/12/${architecture}/text/debian-installer/${architecture}`;
}

/**
 * As the packages' own boot menu starts it: in a graphic mode (800x600), whose console can show every language. With
 * `nomodeset` it stays in that mode: the driver for QEMU's card would go to 1280x800, which is dear to draw in where every
 * instruction is emulated.
 */
const COMMAND_LINE = 'vga=788 nomodeset --- quiet';

/** MB. With less than 780 (on 32 bits, 485) the installer leaves out its translations. */
const MEMORY = 1024;

/**
 * Debian's own installer, as Debian's package has it for a start from the network. It runs from memory; what it installs
 * it wants from a mirror.
 */
export const debianInstaller: Recipe = {
  name: 'debian-installer',
  description: 'Debian 12’s installer for a start from the network, with its text interface in all its languages',
  revision: 1,
  packages: [{ name: AMD64 }, { name: I386 }],
  parts: {
    kernel: { kind: 'kernel', description: 'for 64-bit PCs; needs a 64-bit engine', commandLine: COMMAND_LINE },
    initrd: { kind: 'initrd', description: 'the installer for it; less than 780 MB of memory is for English only' },
    'i386-kernel': { kind: 'kernel', description: 'for 32-bit PCs', commandLine: COMMAND_LINE },
    'i386-initrd': {
      kind: 'initrd',
      description: 'the installer for it; less than 485 MB of memory is for English only',
    },
  },
  machine: { engine: 'qemu', memory: MEMORY },
  async build({ read }) {
    return {
      kernel: await read(AMD64, `${folderOf('amd64')}/linux`),
      initrd: await read(AMD64, `${folderOf('amd64')}/initrd.gz`),
      'i386-kernel': await read(I386, `${folderOf('i386')}/linux`),
      'i386-initrd': await read(I386, `${folderOf('i386')}/initrd.gz`),
    };
  },
};
