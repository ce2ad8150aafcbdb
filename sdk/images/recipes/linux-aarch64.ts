import { writeCpio } from '../cpio.js';
import type { Recipe } from '../recipe.js';
import { baseSystem, BUSYBOX_PACKAGE, file, FILE_SYSTEMS, MOUNT_AND_LOAD, readKernel } from './guest-system.js';

const KERNEL_PACKAGE = 'linux-image-arm64';
const SERIAL_PORT = 'ttyAMA0';

/** Debian's kernel for 64-bit Arm with an initramfs that is the whole system, and drivers for every bus of a disk. */
export const linuxAarch64: Recipe = {
  name: 'linux-aarch64',
  description: `Linux for 64-bit Arm with busybox, all in memory: a root shell on the screen (tty1) and on the serial port (${SERIAL_PORT}); QEMU only`,
  revision: 1,
  architecture: 'arm64',
  packages: [{ name: KERNEL_PACKAGE, follow: /^linux-image-\d.*-arm64$/ }, { name: BUSYBOX_PACKAGE }],
  parts: {
    kernel: {
      kind: 'kernel',
      description: 'Debian’s Linux for 64-bit Arm; at least 256 MB of memory',
      commandLine: [
        `console=tty0 console=${SERIAL_PORT} quiet loglevel=3 mitigations=off cryptomgr.notests`,
        'initcall_blacklist=load_system_certificate_list',
      ].join(' '),
    },
    initrd: { kind: 'initrd', description: 'busybox, and modules for disks, CD, network card, screen and keyboard' },
  },
  machine: { engine: 'qemu', architecture: 'aarch64', memory: 256 },
  async build(context) {
    const kernel = await readKernel(context, {
      packageName: KERNEL_PACKAGE,
      packing: 'plain',
      atBoot: [
        ...['virtio_pci', 'virtio_blk', 'virtio_scsi', 'nvme', 'sd_mod', 'sr_mod', 'virtio_net'],
        ...['virtio_gpu', 'xhci_pci', 'usbhid', 'hid_generic', 'evdev'],
      ],
      onDemand: [...FILE_SYSTEMS, 'loop'],
    });
    const system = await baseSystem(context, kernel, { hostName: 'guest', serialPort: SERIAL_PORT });
    const initrd = writeCpio([...system, file('etc/inittab', INITTAB), file('init', INIT, 0o755)]);
    return { kernel: kernel.image, initrd };
  },
};

const INIT = `#!/bin/sh
${MOUNT_AND_LOAD}exec init
`;

const INITTAB = `tty1::respawn:-/bin/sh
${SERIAL_PORT}::respawn:-/bin/sh
::ctrlaltdel:/bin/reboot
`;
