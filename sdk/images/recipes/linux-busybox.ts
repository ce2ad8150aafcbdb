import { writeCpio } from '../cpio.js';
import type { Recipe } from '../recipe.js';
import { baseSystem, COMMAND_LINE, file, MOUNT_AND_LOAD, PACKAGES, readKernel } from './guest-system.js';

/** Debian's kernel with an initramfs that is the whole system: a root shell on the screen and on the serial port. */
export const linuxBusybox: Recipe = {
  name: 'linux-busybox',
  description: 'Linux with busybox, all in memory: a root shell on the screen (tty1) and on the serial port (ttyS0)',
  revision: 1,
  packages: PACKAGES,
  parts: {
    kernel: {
      kind: 'kernel',
      description: 'Debian’s Linux for 32-bit PCs, unpacked so that it starts at once',
      commandLine: COMMAND_LINE,
    },
    initrd: { kind: 'initrd', description: 'busybox, disk, CD, mouse and file system modules' },
  },
  async build(context) {
    const kernel = await readKernel(context);
    const system = await baseSystem(context, kernel, { hostName: 'guest' });
    const initrd = writeCpio([...system, file('etc/inittab', INITTAB), file('init', INIT, 0o755)]);
    return { kernel: kernel.image, initrd };
  },
};

const INIT = `#!/bin/sh
${MOUNT_AND_LOAD}exec init
`;

const INITTAB = `tty1::respawn:-/bin/sh
ttyS0::respawn:-/bin/sh
::ctrlaltdel:/bin/reboot
`;
