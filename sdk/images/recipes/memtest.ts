import type { Recipe } from '../recipe.js';

/**
 * The memory tester, as Debian ships it: a guest that draws and needs nothing but a CPU, memory and a screen. v86 0.5
 * cannot run it (version 6 sets up paging in a way that ends in a trap of the engine): it is for other engines.
 */
export const memtest: Recipe = {
  name: 'memtest86+',
  description: 'Memtest86+: tests the machine’s memory, on a text screen (not on v86, which it crashes)',
  revision: 1,
  packages: [{ name: 'memtest86+' }],
  parts: {
    kernel: { kind: 'kernel', description: 'started like a Linux kernel, without an initrd', commandLine: '' },
    cdrom: { kind: 'cdrom', description: 'the same on a CD with a GRUB menu' },
  },
  machine: { engine: 'qemu' },
  async build({ read }) {
    return {
      kernel: await read('memtest86+', 'boot/memtest86+ia32.bin'),
      cdrom: await read('memtest86+', 'usr/lib/memtest86+/memtest86+ia32.iso'),
    };
  },
};
