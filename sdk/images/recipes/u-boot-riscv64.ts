import type { Recipe } from '../recipe.js';

/**
 * Debian 12 has no packages for riscv64, and so no Linux: what it has for every architecture is a boot loader with a
 * command line of its own, which OpenSBI (in QEMU) starts as it would start a kernel.
 */
export const uBootRiscv64: Recipe = {
  name: 'u-boot-riscv64',
  description: 'U-Boot for 64-bit RISC-V: its command line on the serial port, up in seconds; QEMU only',
  revision: 1,
  packages: [{ name: 'u-boot-qemu' }],
  parts: {
    kernel: { kind: 'kernel', description: 'started by OpenSBI, without an initrd', commandLine: '' },
  },
  machine: { engine: 'qemu', architecture: 'riscv64', memory: 128 },
  async build({ read }) {
    return { kernel: await read('u-boot-qemu', 'usr/lib/u-boot/qemu-riscv64_smode/u-boot.bin') };
  },
};
