import { writeCpio, type CpioEntry } from '../cpio.js';
import { writeIso } from '../iso9660.js';
import type { BuildContext, Recipe } from '../recipe.js';
import {
  baseSystem,
  COMMAND_LINE,
  directory,
  diskInitrd,
  file,
  MOUNT_AND_LOAD,
  PACKAGES,
  readKernel,
  symlink,
} from './guest-system.js';
import { INSTALL_SYSTEM, INSTALLED_FILES } from './installer-script.js';

/** Programs that busybox lacks or has only in part, with the package that each is from. */
const PROGRAMS = [
  ['e2fsprogs', 'sbin/mke2fs'],
  ['e2fsprogs', 'sbin/e2fsck'],
  ['e2fsprogs', 'sbin/tune2fs'],
  ['fdisk', 'sbin/fdisk'],
  ['fdisk', 'sbin/sfdisk'],
  ['extlinux', 'usr/bin/extlinux'],
] as const;

const LIBRARIES = [
  ['libc6', 'lib/i386-linux-gnu/ld-linux.so.2'],
  ['libc6', 'lib/i386-linux-gnu/libc.so.6'],
  ['libext2fs2', 'lib/i386-linux-gnu/libext2fs.so.2'],
  ['libext2fs2', 'lib/i386-linux-gnu/libe2p.so.2'],
  ['libcom-err2', 'lib/i386-linux-gnu/libcom_err.so.2'],
  ['libblkid1', 'usr/lib/i386-linux-gnu/libblkid.so.1'],
  ['libuuid1', 'usr/lib/i386-linux-gnu/libuuid.so.1'],
  ['libfdisk1', 'usr/lib/i386-linux-gnu/libfdisk.so.1'],
  ['libsmartcols1', 'usr/lib/i386-linux-gnu/libsmartcols.so.1'],
  ['libreadline8', 'lib/i386-linux-gnu/libreadline.so.8'],
  ['libtinfo6', 'lib/i386-linux-gnu/libtinfo.so.6'],
] as const;

/** A CD that installs a small Linux on a disk, by a dialogue or by hand. */
export const linuxInstaller: Recipe = {
  name: 'linux-installer',
  description: 'A CD that installs a small Linux on a blank disk: run `install-system`, or do it by hand',
  revision: 1,
  packages: [
    ...PACKAGES,
    ...[...new Set([...PROGRAMS, ...LIBRARIES].map(([name]) => name))].map((name) => ({ name })),
    { name: 'isolinux' },
    { name: 'syslinux-common' },
  ],
  parts: {
    cdrom: { kind: 'cdrom', description: 'boots (ISOLINUX) to a root shell with the installer and its tools' },
  },
  async build(context) {
    const { read } = context;
    const kernel = await readKernel(context);
    const system = await installerSystem(context, await baseSystem(context, kernel, SYSTEM));
    const text = (words: string) => new TextEncoder().encode(words);
    const cdrom = writeIso({
      volume: 'GUESTWRIGHT',
      boot: 'ISOLINUX.BIN',
      files: [
        { name: 'ISOLINUX.BIN', data: await read('isolinux', 'usr/lib/ISOLINUX/isolinux.bin') },
        { name: 'LDLINUX.C32', data: await read('syslinux-common', 'usr/lib/syslinux/modules/bios/ldlinux.c32') },
        { name: 'ISOLINUX.CFG', data: text(BOOT_CONFIGURATION) },
        { name: 'BOOT.MSG', data: text(BOOT_MESSAGE) },
        { name: 'LINUX', data: kernel.image },
        { name: 'INITRD', data: writeCpio(system) },
        { name: 'DISKRD', data: await diskInitrd(context, kernel) },
      ],
    });
    return { cdrom };
  },
};

const SYSTEM = { hostName: 'installer', replaced: ['mke2fs', 'fdisk'] };

async function installerSystem({ read }: BuildContext, base: CpioEntry[]): Promise<CpioEntry[]> {
  const entries = [...base];
  for (const [from, path] of PROGRAMS) {
    entries.push(file(`bin/${path.slice(path.lastIndexOf('/') + 1)}`, await read(from, path), 0o755));
  }
  for (const [from, path] of LIBRARIES) {
    entries.push(file(`lib/${path.slice(path.lastIndexOf('/') + 1)}`, await read(from, path), 0o755));
  }
  return [
    ...entries,
    ...['mkfs.ext2', 'mkfs.ext3', 'mkfs.ext4'].map((name) => symlink(`bin/${name}`, 'mke2fs')),
    file('etc/mke2fs.conf', await read('e2fsprogs', 'etc/mke2fs.conf')),
    directory('cdrom'),
    directory('target'),
    directory('usr/share'),
    directory('usr/share/install'),
    file('usr/share/install/mbr.bin', await read('syslinux-common', 'usr/lib/syslinux/mbr/mbr.bin')),
    ...INSTALLED_FILES.map(([name, content]) => file(`usr/share/install/${name}`, content)),
    file('bin/install-system', INSTALL_SYSTEM, 0o755),
    file('etc/motd', MESSAGE_OF_THE_DAY),
    file('root/.profile', PROFILE),
    file('etc/inittab', INITTAB),
    file('init', `#!/bin/sh\n${MOUNT_AND_LOAD}exec init\n`, 0o755),
  ];
}

const BOOT_CONFIGURATION = `DEFAULT install
DISPLAY boot.msg
PROMPT 1
TIMEOUT 100
LABEL install
  KERNEL linux
  APPEND initrd=initrd ${COMMAND_LINE}
`;

const BOOT_MESSAGE = `
Linux installer

Press Enter to start. It starts by itself after 10 seconds.

`;

const MESSAGE_OF_THE_DAY = `
Linux installer

  install-system     asks a few questions and installs Linux on a disk
  poweroff, reboot   leave without installing

By hand: fdisk, sfdisk, mke2fs, extlinux and, in /usr/share/install, mbr.bin.
The CD (/dev/sr0) holds the kernel (linux) and an initrd for a disk (diskrd).

`;

/** Debian's busybox takes its own programs before those in PATH: by name one would get its small mke2fs and fdisk. */
const PROFILE = `alias mke2fs=/bin/mke2fs fdisk=/bin/fdisk
[ "$(tty)" = /dev/tty1 ] && cat /etc/motd
`;

const INITTAB = `tty1::respawn:-/bin/sh
ttyS0::respawn:-/bin/sh
::ctrlaltdel:/bin/reboot
`;
