/** What the live system has beyond its packages: the installation on the first console, and the installer's answers. */

/** Where the live system, and the installed one, have the medium's package archive. */
const ARCHIVE_FOLDER = '/mnt/mirror';

/**
 * What the installed system gets beyond what debootstrap brings; GRUB comes with the firmware's kind. zstd makes its
 * initial file system, in a fraction of gzip's time.
 */
export const TARGET_PACKAGES = [
  'linux-image-cloud-amd64',
  'initramfs-tools',
  'zstd',
  'systemd-sysv',
  'udev',
  'kmod',
  'iproute2',
  'ifupdown',
  'less',
] as const;

/** Units that only cost time on a system that lives for one installation, or that write to the console later. */
const MASKED_UNITS = [
  'apt-daily-upgrade.timer',
  'apt-daily.timer',
  'dpkg-db-backup.timer',
  'e2scrub_all.timer',
  'e2scrub_reap.service',
  'fstrim.timer',
  'getty@tty1.service',
  'systemd-logind.service',
  'systemd-pstore.service',
  'systemd-random-seed.service',
  'systemd-timesyncd.service',
] as const;

const INSTALL_DEBIAN = `#!/bin/bash
# What a person meets on the first console: partitions, then the installer's questions, then a restart.
title='Debian 12 installation'
export DPKG_FORCE=unsafe-io
# Messages of the kernel would be written over the dialogs.
echo 1 > /proc/sys/kernel/printk
cd /root || exit 1

choose_disk() {
  local disks
  mapfile -t disks < <(lsblk --nodeps --noheadings --paths --exclude 2,7,11 --output NAME,SIZE)
  case \${#disks[@]} in
    0) dialog --title "$title" --msgbox 'There is no disk to install on.' 0 0 >&2; return 1 ;;
    1) echo "\${disks[0]%% *}" ;;
    # Each line is a name and a size: the menu's two columns.
    # shellcheck disable=SC2068
    *) dialog --stdout --title "$title" --menu 'Which disk do you want to partition?' 0 0 0 \${disks[@]} ;;
  esac
}

# The first EFI system partition of a disk; nothing if there is none.
efi_partition() {
  lsblk --noheadings --paths --list --output NAME,PARTTYPE "$1" |
    awk 'tolower($2) == "c12a7328-f81f-11d2-ba4b-00a0c93ec93b" || $2 == "0xef" { print $1; exit }'
}

# Offers what can be done next, until the computer restarts or the installation does.
offer() {
  local choice text=$1
  shift
  while :; do
    choice=$(dialog --stdout --title "$title" --no-cancel --menu "$text" 0 0 0 "$@")
    clear
    case $choice in
      restart) systemctl reboot; sleep infinity ;;
      again) exit 0 ;;
      shell) bash --login ;;
    esac
  done
}

stopped() {
  offer "$1" again 'Start again' shell 'Open a shell' restart 'Restart the computer'
}

partition() {
  cfdisk "$1"
  udevadm settle
}

if grep -qw live.shell /proc/cmdline; then
  clear
  bash --login
  exit 0
fi

mountpoint -q ${ARCHIVE_FOLDER} || mount --bind /run/live/medium ${ARCHIVE_FOLDER}
disk=$(choose_disk) || stopped 'The installation was not started.'
partition "$disk"
efi=()
if [ -d /sys/firmware/efi ]; then
  until system=$(efi_partition "$disk") && [ -n "$system" ]; do
    dialog --title "$title" --yesno "This computer starts by UEFI and needs an EFI system partition. There is none on $disk. Do you want to change its partitions?" 0 0 ||
      stopped 'The installation was stopped.'
    partition "$disk"
  done
  efi=(--efi "$system")
fi
# It would go on where an earlier attempt has stopped.
rm -rf /var/cache/grml-debootstrap
mkdir -p /var/cache/grml-debootstrap
if grml-debootstrap --interactive "\${efi[@]}"; then
  offer 'Debian is installed. Remove the medium when the computer restarts.' restart 'Restart the computer' shell 'Open a shell'
fi
read -rsp 'The installation failed or was stopped. Press Enter.'
stopped 'The installation failed or was stopped.'
`;

const INSTALLER_UNIT = `[Unit]
Description=Debian installation on the first console
Wants=systemd-udev-settle.service
After=systemd-udev-settle.service systemd-user-sessions.service
Conflicts=getty@tty1.service

[Service]
ExecStart=/usr/local/sbin/install-debian
Environment=TERM=linux HOME=/root
StandardInput=tty-force
StandardOutput=tty
StandardError=tty
TTYPath=/dev/tty1
TTYReset=yes
TTYVHangup=yes
Restart=always
RestartSec=0

[Install]
WantedBy=multi-user.target
`;

/** Who has the machine's serial line has the machine: the live system asks nobody for a password. */
const SERIAL_LOGIN = `[Service]
ExecStart=
ExecStart=-/sbin/agetty --autologin root --keep-baud 115200,57600,38400,9600 - $TERM
`;

/** grml-debootstrap reads it as a shell script: what its dialogs do not ask for, and their defaults. */
const ANSWERS = `RELEASE=bookworm
TARGET=
GRUB=
HOSTNAME=debian
TIMEZONE=UTC
ISO=${ARCHIVE_FOLDER}
MIRROR=
# Without it a source in the network is written over ours.
KEEP_SRC_LIST=yes
DEBOOTSTRAP_OPT=--variant=minbase
# The kernel is among the packages; the installer's own choice brings headers too.
NOKERNEL=true
INITRD=
UPGRADE_SYSTEM=no
EXTRAPACKAGES=no
RECONFIGURE=
LOCALES=
DEFAULT_LOCALES=
`;

/** Runs in the new system, after GRUB was installed. */
const AFTER_INSTALLATION = `#!/bin/sh -e
# The medium goes on being the system's package archive.
mkdir -p ${ARCHIVE_FOLDER}
echo '/dev/sr0       ${ARCHIVE_FOLDER}  iso9660 ro,noauto                     0   0' >> /etc/fstab
# A firmware that has forgotten its boot entries starts what is in EFI/BOOT.
if grep -q ' /boot/efi ' /etc/fstab; then
  mount /boot/efi
  grub-install --target=x86_64-efi --force-extra-removable --no-nvram
  umount /boot/efi
fi
`;

/** Text mode by BIOS, and by UEFI a picture of 80 columns and 30 lines; messages and a login on the serial line too. */
const TARGET_CONSOLE = `GRUB_TERMINAL=console
GRUB_TIMEOUT=5
GRUB_GFXPAYLOAD_LINUX=640x480
GRUB_CMDLINE_LINUX="console=ttyS0,115200 console=tty0"
`;

export interface SystemFile {
  /** Absolute, in the live system. */
  path: string;
  content: string;
  mode: number;
}

const text = (path: string, content: string): SystemFile => ({ path, content, mode: 0o644 });
const script = (path: string, content: string): SystemFile => ({ path, content, mode: 0o755 });

export const SYSTEM_FILES: readonly SystemFile[] = [
  script('/usr/local/sbin/install-debian', INSTALL_DEBIAN),
  text('/etc/systemd/system/installer.service', INSTALLER_UNIT),
  text('/etc/systemd/system/serial-getty@ttyS0.service.d/autologin.conf', SERIAL_LOGIN),
  text('/etc/debootstrap/config', ANSWERS),
  text('/etc/debootstrap/packages', TARGET_PACKAGES.map((name) => `${name}\n`).join('')),
  script('/etc/debootstrap/chroot-scripts/medium', AFTER_INSTALLATION),
  // Below `etc` of its configuration is what the installer copies into the new system.
  text('/etc/debootstrap/etc/default/grub.d/console.cfg', TARGET_CONSOLE),
  text('/etc/debootstrap/etc/apt/sources.list', `deb [trusted=yes] file:${ARCHIVE_FOLDER} bookworm main\n`),
  text('/etc/hostname', 'live\n'),
  text('/etc/hosts', '127.0.0.1 localhost live\n'),
  text('/etc/machine-id', ''),
  text('/etc/network/interfaces', 'auto lo\niface lo inet loopback\n'),
];

/**
 * mmdebstrap runs it when the packages are installed: `$1` is the root, `$FILES` a folder with the files of
 * `SYSTEM_FILES` by their numbers, `$BOOT` where the kernel and its initial file system go. Nothing stays that only
 * this build, or this host, has.
 */
export const FINISH_ROOT = `#!/bin/sh -eu
umask 022
${SYSTEM_FILES.map(({ path, mode }, number) => `install -D -m ${mode.toString(8)} "$FILES/${number}" "$1${path}"`).join('\n')}
mkdir -p "$1${ARCHIVE_FOLDER}"
ln -s ../installer.service "$1/etc/systemd/system/multi-user.target.wants/installer.service"
for unit in ${MASKED_UNITS.join(' ')}; do ln -sf /dev/null "$1/etc/systemd/system/$unit"; done
cp "$1"/boot/vmlinuz-* "$BOOT/vmlinuz"
cp "$1"/boot/initrd.img-* "$BOOT/initrd.img"
rm -rf "$1"/boot/* "$1"/vmlinuz* "$1"/initrd.img*
# Nobody reads manuals on the live system; licences and lists of changes are in the packages on the medium. Not left out by
# dpkg: for that mmdebstrap would need Python.
for unused in man locale doc info; do rm -rf "$1/usr/share/$unused"/*; done
rm -rf "$1"/var/cache/debconf/*-old "$1"/var/lib/dpkg/*-old "$1"/var/lib/initramfs-tools
rm -f "$1/etc/resolv.conf" "$1/etc/apt/sources.list"
# Not /tmp: there mmdebstrap keeps the settings without which its apt would go on with the host's own lists.
find "$1/var/log" "$1/run" -mindepth 1 -delete
`;

/** The medium's own menu: text mode by BIOS, the firmware's console and then 640x480 by UEFI. */
export const GRUB_MENU = `if [ "$grub_platform" = efi ]; then
  set gfxpayload=640x480
else
  set gfxpayload=text
fi
set timeout=10
set default=0
menuentry "Install Debian 12 (bookworm)" {
  linux /live/vmlinuz boot=live noeject quiet console=ttyS0,115200 console=tty0
  initrd /live/initrd.img
}
menuentry "Live system with a shell" {
  linux /live/vmlinuz boot=live noeject quiet console=ttyS0,115200 console=tty0 live.shell
  initrd /live/initrd.img
}
`;

/** By UEFI GRUB is started from a small FAT file system inside the CD, and has to find the CD. */
export const GRUB_FIND_CD = `search --no-floppy --set=root --file /live/filesystem.squashfs
set prefix=($root)/boot/grub
`;
