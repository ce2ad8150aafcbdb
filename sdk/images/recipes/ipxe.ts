import type { Recipe } from '../recipe.js';

/** iPXE as Debian ships it: a boot loader for networks, with a command line of its own. */
export const ipxe: Recipe = {
  name: 'ipxe',
  description: 'iPXE: starts a PC from the network, or gives its own command line (Ctrl+B)',
  revision: 1,
  packages: [{ name: 'ipxe' }],
  parts: {
    cdrom: { kind: 'cdrom', description: 'for a PC with a BIOS, with drivers of its own for network cards' },
    kernel: {
      kind: 'kernel',
      description: 'the same, started like a Linux kernel, without an initrd',
      commandLine: '',
    },
    netboot: { kind: 'netboot', description: 'undionly.kpxe: to be sent over TFTP, it uses the driver that is there' },
  },
  async build({ read }) {
    return {
      cdrom: await read('ipxe', 'usr/lib/ipxe/ipxe.iso'),
      kernel: await read('ipxe', 'boot/ipxe.lkrn'),
      netboot: await read('ipxe', 'usr/lib/ipxe/undionly.kpxe'),
    };
  },
};
