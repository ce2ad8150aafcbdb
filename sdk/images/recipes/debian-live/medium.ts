/** The CD: GRUB for both kinds of firmware, the live system, and the package archive. */
import { mkdir, readdir, rename, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BuildContext } from '../../recipe.js';
import { runUnpacked } from '../../tools.js';
import { GRUB_FIND_CD, GRUB_MENU } from './files.js';
import type { LiveRoot } from './root.js';

/** The packages of the tools that write the medium, first each tool's own, then those of its libraries. */
const TOOLS = {
  sqfstar: ['squashfs-tools', 'libc6', 'liblz4-1', 'liblzma5', 'liblzo2-2', 'libzstd1', 'zlib1g'],
  'grub-mkimage': ['grub-common', 'libc6', 'libdevmapper1.02.1', 'liblzma5', 'libpcre2-8-0', 'libselinux1', 'libudev1'],
  mformat: ['mtools', 'libc6'],
  mmd: ['mtools', 'libc6'],
  mcopy: ['mtools', 'libc6'],
  xorriso: [
    ...['xorriso', 'libc6', 'libacl1', 'libbz2-1.0', 'libburn4', 'libisoburn1', 'libisofs6', 'libjte2'],
    ...['libreadline8', 'libtinfo6', 'zlib1g'],
  ],
} as const;

/** What `makeMedium` reads of unpacked packages. */
export const MEDIUM_PACKAGES: readonly string[] = [
  ...new Set([...Object.values(TOOLS).flat(), 'grub-efi-amd64-bin', 'grub-pc-bin']),
];

const VOLUME = 'DEBIAN_LIVE';

/** GRUB's modules on the medium, besides those for the firmware's devices and screen. */
const GRUB_MODULES = [
  ...['cat', 'configfile', 'echo', 'halt', 'iso9660', 'linux', 'ls', 'minicmd', 'normal'],
  ...['reboot', 'search', 'search_fs_file', 'sleep', 'test'],
];

/** Of the FAT file system with GRUB for UEFI, in sectors of 512 bytes: GRUB is about 1 MB. */
const EFI_SECTORS = 8192;

/**
 * Makes `live.iso` of what lies in the scratch folder.
 *
 * @param tree the folder that becomes the medium; it holds the package archive already
 * @param epoch the time of all files, seconds since 1970
 * @returns the medium's path
 */
export async function makeMedium(
  context: BuildContext,
  { root, tree, epoch }: { root: LiveRoot; tree: string; epoch: number },
): Promise<string> {
  const { scratch, onProgress } = context;
  const run = await runner(context, epoch);
  const [live, grub] = [join(tree, 'live'), join(tree, 'boot', 'grub')];
  for (const folder of [live, grub]) await mkdir(folder, { recursive: true });
  await rename(root.kernel, join(live, 'vmlinuz'));
  await rename(root.initrd, join(live, 'initrd.img'));
  onProgress('packing the live system');
  await run('sqfstar', ['-comp', 'lz4', '-no-progress', '-quiet', join(live, 'filesystem.squashfs')], root.tar);
  await writeFile(join(grub, 'grub.cfg'), GRUB_MENU);
  await makeBootImages(context, run, grub);
  onProgress('writing the medium');
  await setTimes(tree, epoch);
  const medium = join(scratch, 'live.iso');
  await run('xorriso', [
    ...['-no_rc', '-as', 'mkisofs', '-quiet', '-r', '-V', VOLUME, '-o', medium],
    ...[`--modification-date=${stamp(epoch)}`, '--set_all_file_dates', 'set_to_mtime'],
    ...['-c', 'boot/grub/boot.cat', '-b', 'boot/grub/bios.img', '-no-emul-boot', '-boot-load-size', '4'],
    ...['-boot-info-table', '--grub2-boot-info'],
    ...['-eltorito-alt-boot', '-e', 'boot/grub/efi.img', '-no-emul-boot', tree],
  ]);
  return medium;
}

type Run = (tool: keyof typeof TOOLS, args: readonly string[], input?: string) => Promise<void>;

async function runner({ scratch, unpacked }: BuildContext, epoch: number): Promise<Run> {
  const folders = new Map<string, string>();
  for (const name of MEDIUM_PACKAGES) folders.set(name, await unpacked(name));
  const folderOf = (name: string) => folders.get(name) ?? '';
  // No settings of this user's, for xorriso or the mtools.
  const env = { SOURCE_DATE_EPOCH: String(epoch), TZ: 'UTC', HOME: scratch };
  return async (tool, args, input) => {
    const packages = TOOLS[tool];
    const program = join(folderOf(packages[0]), 'usr/bin', tool);
    await runUnpacked(program, args, { packages: packages.map(folderOf), cwd: scratch, env, input });
  };
}

async function makeBootImages({ scratch, unpacked }: BuildContext, run: Run, grub: string): Promise<void> {
  const bios = join(await unpacked('grub-pc-bin'), 'usr/lib/grub/i386-pc');
  await run('grub-mkimage', [
    ...['-O', 'i386-pc-eltorito', '-d', bios, '-p', '/boot/grub', '-o', join(grub, 'bios.img'), 'biosdisk'],
    ...GRUB_MODULES,
  ]);
  const efi = join(await unpacked('grub-efi-amd64-bin'), 'usr/lib/grub/x86_64-efi');
  const early = join(scratch, 'early.cfg');
  await writeFile(early, GRUB_FIND_CD);
  const program = join(scratch, 'BOOTX64.EFI');
  await run('grub-mkimage', [
    ...['-O', 'x86_64-efi', '-d', efi, '-p', '/boot/grub', '-c', early, '-o', program, 'all_video', 'fat'],
    ...GRUB_MODULES,
  ]);
  const fat = join(grub, 'efi.img');
  await run('mformat', ['-i', fat, '-C', '-T', String(EFI_SECTORS), '-h', '2', '-s', '32', '-N', '0', '::']);
  await run('mmd', ['-i', fat, '::/EFI', '::/EFI/BOOT']);
  await run('mcopy', ['-i', fat, program, '::/EFI/BOOT/BOOTX64.EFI']);
}

async function setTimes(folder: string, epoch: number): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    await utimes(join(entry.parentPath, entry.name), epoch, epoch);
  }
  await utimes(folder, epoch, epoch);
  await utimes(dirname(folder), epoch, epoch);
}

/** As xorriso writes times: to hundredths of a second. */
function stamp(epoch: number): string {
  return `${new Date(epoch * 1000).toISOString().replace(/\D/g, '').slice(0, 14)}00`;
}
