/** The small Linux system that the Linux images share: busybox, a few modules, and the scripts that start it. */
import { writeCpio, type CpioEntry } from '../cpio.js';
import { collectModules, modulesAlias, modulesDep, type ModuleFile } from '../modules.js';
import { unpackKernel } from '../kernel.js';
import type { BuildContext } from '../recipe.js';

/** Which of Debian's kernels a system has, and what of it. */
export interface KernelChoice {
  packageName: string;
  /** `xz`: a 32-bit PC's, which is unpacked. `plain`: the file is the kernel proper, as on Arm. */
  packing: 'xz' | 'plain';
  /**
   * Modules that are loaded before the first prompt, so that disks and CDs are there when it shows. Everything else (file
   * systems, floppy) the kernel asks `modprobe` for when it is first used.
   */
  atBoot: readonly string[];
  onDemand: readonly string[];
}

export const FILE_SYSTEMS = ['ext4', 'crc32c_generic', 'isofs', 'vfat', 'nls_cp437', 'nls_iso8859_1', 'nls_ascii'];

export const KERNEL_PACKAGE = 'linux-image-686';
export const BUSYBOX_PACKAGE = 'busybox-static';

export const PACKAGES = [
  { name: KERNEL_PACKAGE, follow: /^linux-image-\d.*-686$/ },
  { name: BUSYBOX_PACKAGE },
] as const;

const PC_KERNEL: KernelChoice = {
  packageName: KERNEL_PACKAGE,
  packing: 'xz',
  atBoot: ['sd_mod', 'sr_mod', 'ata_piix', 'psmouse', 'evdev', 'button'],
  onDemand: [...FILE_SYSTEMS, 'floppy', 'loop'],
};

/**
 * What the kernel would do at every start and a test has no use for is left out: of 7.7 G instructions until the
 * prompt, 3.1 G were self-tests of ciphers and 0.6 G the checking of certificates against themselves.
 * - `quiet loglevel=3`: nothing but errors is printed over a prompt;
 * - `tsc=reliable`: an emulator's clock may be its instruction count, which Linux' watchdog would distrust;
 * - `mitigations=off`: the CPU is emulated and has no side channels;
 * - `cryptomgr.notests`: no self-tests of ciphers;
 * - `initcall_blacklist=load_system_certificate_list`: no keys to check signatures of modules with (ours have none);
 * - `noisapnp`: no search for ISA cards;
 * - `acpiphp.disable=1`: v86 reports made-up hot-plug events (a write that should clear a GPE status bit sets it), on
 *   which Linux would remove every PCI device;
 * - `edd=off`: no disk is asked through the BIOS before the kernel starts;
 * - `no_timer_check`: on a busy host a guest in QEMU may count too few ticks, and would panic ("IO-APIC + timer doesn't
 *   work").
 */
export const COMMAND_LINE = [
  'console=tty0 console=ttyS0,115200 quiet loglevel=3 tsc=reliable mitigations=off cryptomgr.notests',
  'initcall_blacklist=load_system_certificate_list noisapnp acpiphp.disable=1 edd=off no_timer_check',
].join(' ');

export interface Kernel {
  version: string;
  image: Uint8Array;
  modules: ModuleFile[];
  /** Names of those that are loaded before the first prompt. */
  atBoot: readonly string[];
}

/** Loaded by the initrd of a system that is installed on a disk, to find that disk. */
const FOR_DISK = ['sd_mod', 'ata_piix', 'crc32c_generic', 'ext4'];

export async function readKernel(
  { read, list, unxz }: BuildContext,
  { packageName, packing, atBoot, onDemand }: KernelChoice = PC_KERNEL,
): Promise<Kernel> {
  const [path] = (await list(packageName, 'boot')).filter((name) => name.startsWith('boot/vmlinuz-'));
  if (path === undefined) throw new RangeError('The kernel package has no boot/vmlinuz-*');
  const version = path.slice('boot/vmlinuz-'.length);
  const paths = await list(packageName, `lib/modules/${version}/kernel`);
  const modules = await collectModules([...atBoot, ...onDemand], paths, (name) => read(packageName, name));
  const image = await read(packageName, path);
  return { version, image: packing === 'xz' ? await unpackKernel(image, unxz) : image, modules, atBoot };
}

/** A file's or folder's place in the guest's tree. */
export const directory = (path: string, mode = 0o755): CpioEntry => ({ type: 'directory', path, mode });
export const file = (path: string, data: Uint8Array | string, mode = 0o644): CpioEntry => ({
  type: 'file',
  path,
  mode,
  data: typeof data === 'string' ? new TextEncoder().encode(data) : data,
});
export const symlink = (path: string, target: string): CpioEntry => ({ type: 'symlink', path, target });

/** Folders, busybox under all its names, the modules and the configuration: everything but what starts it. */
export async function baseSystem(
  { read }: BuildContext,
  kernel: Kernel,
  {
    hostName,
    replaced = [],
    serialPort = 'ttyS0',
  }: {
    hostName: string;
    /** Programs that are brought in place of busybox's. */
    replaced?: string[];
    /** What the kernel calls the serial port with a shell on it. */
    serialPort?: string;
  },
): Promise<CpioEntry[]> {
  const busybox = await read(BUSYBOX_PACKAGE, 'bin/busybox');
  const modules = `lib/modules/${kernel.version}`;
  const folders = [
    'bin',
    'dev',
    'etc',
    'lib',
    'lib/modules',
    modules,
    'mnt',
    'proc',
    'root',
    'run',
    'sys',
    'usr',
    'var',
  ];
  return [
    ...folders.map((path) => directory(path)),
    directory('tmp', 0o1777),
    // The kernel opens this for /init before anything is mounted.
    { type: 'device', path: 'dev/console', mode: 0o600, major: 5, minor: 1 },
    symlink('sbin', 'bin'),
    symlink('usr/bin', '../bin'),
    symlink('usr/sbin', '../bin'),
    symlink('var/run', '../run'),
    file('bin/busybox', busybox, 0o755),
    ...appletNames(busybox)
      .filter((name) => name !== 'busybox' && !replaced.includes(name))
      .map((name) => symlink(`bin/${name}`, 'busybox')),
    ...moduleFolders(modules, kernel.modules).map((path) => directory(path)),
    ...kernel.modules.map((module) => file(`${modules}/${module.path}`, module.data)),
    file(`${modules}/modules.dep`, modulesDep(kernel.modules)),
    file(`${modules}/modules.alias`, modulesAlias(kernel.modules)),
    file(`${modules}/modules.symbols`, ''),
    file('etc/modules-at-boot', pathsInOrder(kernel.atBoot, kernel.modules)),
    file('etc/passwd', 'root:x:0:0:root:/root:/bin/sh\n'),
    file('etc/group', 'root:x:0:\ntty:x:5:\ndisk:x:6:\n'),
    file('etc/hostname', `${hostName}\n`),
    // What `mount` without a type tries: the modules are loaded only when they are asked for.
    file('etc/filesystems', 'ext4\nvfat\niso9660\n'),
    file('etc/profile', profile(serialPort)),
  ];
}

/**
 * The names that a busybox goes by, from the table in the binary: it may be for another CPU than the host's, so it
 * cannot be asked. The table starts with `[`, ends with an empty string, and is sorted.
 */
export function appletNames(busybox: Uint8Array): string[] {
  const bytes = Buffer.from(busybox.buffer, busybox.byteOffset, busybox.byteLength);
  const start = bytes.indexOf('\0[\0[[\0', 0, 'latin1');
  const end = bytes.indexOf('\0\0', start + 1, 'latin1');
  const names = start < 0 ? [] : bytes.toString('latin1', start + 1, end).split('\0');
  if (!names.includes('sh') || !names.includes('mount')) throw new RangeError('No table of applets in this busybox');
  return names;
}

function moduleFolders(base: string, modules: readonly ModuleFile[]): string[] {
  const folders = new Set<string>();
  for (const { path } of modules) {
    const parts = path.split('/').slice(0, -1);
    parts.forEach((_, index) => folders.add(`${base}/${parts.slice(0, index + 1).join('/')}`));
  }
  return [...folders];
}

/** The wanted modules with what they depend on, one path per line, in the order in which they are to be loaded. */
function pathsInOrder(wanted: readonly string[], modules: readonly ModuleFile[]): string {
  return withDependencies(wanted, modules)
    .map(({ path }) => `${path}\n`)
    .join('');
}

function withDependencies(wanted: readonly string[], modules: readonly ModuleFile[]): ModuleFile[] {
  const byName = new Map(modules.map((module) => [module.name, module]));
  const needed = new Set<string>();
  const need = (name: string) => {
    byName.get(name)?.depends.forEach(need);
    needed.add(name);
  };
  wanted.forEach(need);
  return [...needed].flatMap((name) => byName.get(name) ?? []);
}

/** What a system on a disk starts with: it loads what the disk needs, mounts it, and goes over to it. */
export async function diskInitrd({ read }: BuildContext, kernel: Kernel): Promise<Uint8Array> {
  const modules = withDependencies(FOR_DISK, kernel.modules);
  const folder = `lib/modules/${kernel.version}`;
  return writeCpio([
    ...['bin', 'dev', 'etc', 'lib', 'lib/modules', folder, 'proc', 'sys', 'root'].map((path) => directory(path)),
    { type: 'device', path: 'dev/console', mode: 0o600, major: 5, minor: 1 },
    file('bin/busybox', await read(BUSYBOX_PACKAGE, 'bin/busybox'), 0o755),
    ...['sh', 'mount', 'insmod', 'uname', 'switch_root'].map((name) => symlink(`bin/${name}`, 'busybox')),
    ...moduleFolders(folder, modules).map((path) => directory(path)),
    ...modules.map((module) => file(`${folder}/${module.path}`, module.data)),
    file('etc/modules-at-boot', pathsInOrder(FOR_DISK, kernel.modules)),
    file('init', DISK_INIT, 0o755),
  ]);
}

const DISK_INIT = `#!/bin/sh
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
modules=/lib/modules/$(uname -r)
while read -r module; do
  insmod $modules/$module
done < /etc/modules-at-boot
root=
for word in $(while read -r line; do echo "$line"; done < /proc/cmdline); do
  case $word in root=*) root=\${word#root=} ;; esac
done
if ! mount -t ext4 -o ro "$root" /root; then
  echo "No root file system on $root: type what should be done instead." > /dev/tty0
  exec sh < /dev/console > /dev/console 2>&1
fi
for folder in dev proc sys; do
  mount --move /$folder /root/$folder
done
exec switch_root /root /bin/init
`;

const profile = (serialPort: string): string => `# Every login shell reads this.
export PATH=/bin HOME=/root
export PS1='\\h:\\w\\$ '
[ "$(tty)" = /dev/${serialPort} ] && export TERM=vt102
cd
`;

/** Starts everything up to the point where init takes over. The kernel runs it as /init. */
export const MOUNT_AND_LOAD = `export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir /dev/pts
mount -t devpts devpts /dev/pts
hostname -F /etc/hostname
modules=/lib/modules/$(uname -r)
while read -r module; do
  insmod $modules/$module
done < /etc/modules-at-boot
`;
