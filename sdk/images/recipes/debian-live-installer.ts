import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { GuestwrightError } from '../../errors.js';
import type { BuildContext, Recipe } from '../recipe.js';
import { writeRepository } from '../repository.js';
import { TARGET_PACKAGES } from './debian-live/files.js';
import { makeMedium, MEDIUM_PACKAGES } from './debian-live/medium.js';
import { makeLiveRoot } from './debian-live/root.js';

const CODENAME = 'bookworm';
/** base-files has the number of Debian's release as its version. */
const BASE_FILES = /^12\./;

/** What a guest's clock says at power-on, if nothing else is said: no file of the medium is newer. */
const EPOCH = Date.UTC(2026, 0, 1) / 1000;
/** An archive from the future is refused, so this is before whatever a guest's clock may sensibly say. */
const ARCHIVE_DATE = new Date(Date.UTC(2023, 5, 10));

const LIVE_PACKAGES = [
  ...['linux-image-cloud-amd64', 'initramfs-tools', 'live-boot', 'systemd-sysv', 'udev', 'kmod', 'zstd'],
  ...['grml-debootstrap', 'debootstrap', 'dialog', 'fdisk', 'dosfstools', 'e2fsprogs', 'gawk', 'less'],
];

/** debootstrap asks for usr-is-merged by name. */
const BASE = ['?priority(required)', 'apt', 'usr-is-merged'];

/**
 * A CD that boots by BIOS and by UEFI into a live Debian, whose first console installs Debian on a disk from the
 * packages that are on the CD: no network anywhere. The tools that write it are themselves taken from pinned
 * packages; of the host it needs root, Linux on x86-64, apt, dpkg, perl, and util-linux for namespaces.
 */
export const debianLiveInstaller: Recipe = {
  name: 'debian-live-installer',
  description: 'Debian 12 (64 bit) live CD that installs Debian by dialogues, by BIOS or UEFI, without a network',
  revision: 1,
  architecture: 'amd64',
  packages: [{ name: 'mmdebstrap' }, ...MEDIUM_PACKAGES.map((name) => ({ name }))],
  closures: [
    [...BASE, ...LIVE_PACKAGES],
    // The two packages of GRUB exclude each other.
    [...BASE, ...TARGET_PACKAGES, 'grub-pc'],
    [...BASE, ...TARGET_PACKAGES, 'grub-efi-amd64', 'efibootmgr', 'dosfstools'],
    // For the installed system to install.
    ['hello'],
  ],
  parts: {
    cdrom: { kind: 'cdrom', description: 'boots (GRUB, BIOS or UEFI) to the installation; needs a 64-bit engine' },
  },
  async build(context) {
    requireRelease(context);
    const { scratch, packages, onProgress } = context;
    const tree = join(scratch, 'medium', 'tree');
    await mkdir(tree, { recursive: true });
    onProgress(`indexing ${packages.length} packages`);
    await writeRepository(tree, packages, { codename: CODENAME, architecture: 'amd64', date: ARCHIVE_DATE });
    onProgress('installing the live system');
    const root = await makeLiveRoot(context, {
      repository: tree,
      codename: CODENAME,
      packages: LIVE_PACKAGES,
      epoch: EPOCH,
    });
    return { cdrom: { file: await makeMedium(context, { root, tree, epoch: EPOCH }) } };
  },
};

function requireRelease({ packages }: BuildContext): void {
  const version = packages.find(({ name }) => name === 'base-files')?.version ?? 'none';
  if (BASE_FILES.test(version)) return;
  throw new GuestwrightError("This system's package archive is not that of Debian 12", {
    kind: 'infrastructure',
    code: 'release-unsuitable',
    expected: 'base-files 12.*, of Debian 12 (bookworm)',
    seen: `base-files ${version}`,
    next:
      'Build the image on Debian 12 (or in a debian:12 container) and bring it: ' +
      '`npx guestwright images export NAME FILE` there, `npx guestwright images import NAME FILE` here.',
  });
}
