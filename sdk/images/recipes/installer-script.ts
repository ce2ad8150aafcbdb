/** What runs on the installer's CD, and what it leaves on the disk. */

/** Configuration of the installed system, by the name that the installer has it under. */
export const INSTALLED_FILES: readonly (readonly [string, string])[] = [
  [
    'inittab',
    `::sysinit:/etc/rc
tty1::respawn:/bin/getty 38400 tty1 linux
ttyS0::respawn:/bin/getty -L 115200 ttyS0 vt100
::ctrlaltdel:/bin/reboot
::shutdown:/bin/killall syslogd
::shutdown:/bin/umount -a -r
`,
  ],
  [
    'rc',
    `#!/bin/sh
export PATH=/bin
mount -o remount,rw /
mkdir -p /dev/pts
mount -a
hostname -F /etc/hostname
mkdir -p /var/log
syslogd
for module in sr_mod psmouse evdev button; do
  modprobe $module
done
`,
  ],
  [
    'fstab',
    `devpts /dev/pts devpts defaults 0 0
tmpfs /tmp tmpfs mode=1777 0 0
tmpfs /run tmpfs mode=0755 0 0
`,
  ],
  ['issue', 'Linux \\r on \\n (\\l)\n\n'],
];

/**
 * `install-system`: asks for disk, host name and password, then partitions, formats, copies, and puts the boot
 * loader into the master boot record. Every step stops it when it fails, with the log on the screen.
 */
export const INSTALL_SYSTEM = `#!/bin/sh
# Installs Linux on a disk. Everything on that disk is lost.
export PATH=/bin
log=/tmp/install.log
: > $log

stop() {
  echo
  echo "$1"
  exit 1
}

step() {
  printf '%-40s' "$1 ..."
  shift
  if "$@" >> $log 2>&1; then
    echo done
  else
    echo failed
    umount /target /cdrom 2> /dev/null
    tail -n 12 $log
    stop 'The installation failed. The whole log is in /tmp/install.log.'
  fi
}

ask() {
  # $1 question, $2 default: the answer is in $answer
  printf '%s' "$1"
  [ -n "$2" ] && printf ' [%s]' "$2"
  printf ': '
  read -r answer || stop 'No more answers: nothing was installed.'
  [ -n "$answer" ] || answer=$2
}

ask_secret() {
  printf '%s: ' "$1"
  stty -echo
  read -r answer
  stty echo
  echo
}

disks() {
  for path in /sys/block/sd*; do
    [ -e "$path/size" ] && echo \${path##*/}
  done
}

disk_line() {
  model=$(cat /sys/block/$1/device/model 2> /dev/null)
  printf '  %s  %5d MB  %s\\n' $1 $(($(cat /sys/block/$1/size) / 2048)) "$model"
}

choose_disk() {
  first=$(disks | head -n 1)
  [ -n "$first" ] || stop 'There is no disk in this machine: add one and start again.'
  echo 'Disks in this machine:'
  for name in $(disks); do
    disk_line $name
  done
  echo
  while :; do
    ask 'Install on which disk' $first
    disk=\${answer#/dev/}
    disks | grep -qx "$disk" && break
    echo "There is no disk $disk."
  done
  [ $(($(cat /sys/block/$disk/size) / 2048)) -ge 48 ] || stop "$disk is too small: 48 MB are needed."
  ask "Everything on $disk will be lost. Go on (yes or no)" no
  [ "$answer" = yes ] || stop 'Nothing was changed.'
}

choose_name() {
  while :; do
    ask 'Host name' guest
    host=$answer
    case $host in
      *[!a-z0-9-]* | -* | *-) echo 'Only a-z, 0-9 and - inside.' ;;
      *) break ;;
    esac
  done
}

choose_password() {
  while :; do
    ask_secret 'Password for root'
    password=$answer
    if [ -z "$password" ]; then
      echo 'It must not be empty.'
      continue
    fi
    ask_secret 'The same password again'
    [ "$answer" = "$password" ] && break
    echo 'They differ.'
  done
}

partition() {
  echo 'start=2048, type=83, bootable' | sfdisk --label dos --wipe always /dev/$disk
}

format() {
  # The boot loader reads neither 64-bit block numbers nor checksummed metadata.
  mkfs.ext4 -F -q -O ^64bit,^metadata_csum,^orphan_file -L root /dev/\${disk}1 && mount -t ext4 /dev/\${disk}1 /target
}

copy_system() {
  cd /target || return 1
  mkdir -p boot/extlinux dev etc mnt proc root run sys tmp usr var || return 1
  chmod 1777 tmp
  cp -a /bin /lib /sbin . && cp -a /usr/bin /usr/sbin usr && ln -s ../run var/run || return 1
  rm bin/install-system
  cp /etc/group /etc/profile /etc/filesystems /etc/mke2fs.conf etc || return 1
  cd /usr/share/install && cp inittab rc fstab issue /target/etc && chmod 755 /target/etc/rc
}

copy_kernel() {
  mount -t iso9660 -o ro /dev/sr0 /cdrom || return 1
  cp /cdrom/linux /target/boot/vmlinuz && cp /cdrom/diskrd /target/boot/initrd || return 1
  umount /cdrom
}

configure() {
  cd /target/etc || return 1
  echo "$host" > hostname
  printf '127.0.0.1 localhost %s\\n' "$host" > hosts
  echo 'root:x:0:0:root:/root:/bin/sh' > passwd
  hash=$(printf '%s' "$password" | mkpasswd -m sha256 -P 0) || return 1
  echo "root:$hash:19000:0:99999:7:::" > shadow
  chmod 600 shadow
}

boot_loader() {
  arguments=$(sed 's/initrd=[^ ]* *//; s/BOOT_IMAGE=[^ ]* *//' /proc/cmdline)
  {
    echo 'DEFAULT linux'
    echo 'LABEL linux'
    echo '  LINUX /boot/vmlinuz'
    echo '  INITRD /boot/initrd'
    echo "  APPEND root=/dev/\${disk}1 ro $arguments"
  } > /target/boot/extlinux/extlinux.conf
  extlinux --install /target/boot/extlinux || return 1
  dd if=/usr/share/install/mbr.bin of=/dev/$disk bs=440 count=1 conv=notrunc
}

finish() {
  cd / && sync && umount /target
}

echo
echo 'This installs Linux on a disk.'
echo
choose_disk
choose_name
choose_password
echo
step 'Partitioning the disk' partition
step 'Making the file system' format
step 'Copying the system' copy_system
step 'Copying the kernel' copy_kernel
step 'Setting host name and password' configure
step 'Installing the boot loader' boot_loader
step 'Writing everything to the disk' finish
echo
echo 'Installation complete. Type poweroff, remove the CD, and start from the disk.'
`;
