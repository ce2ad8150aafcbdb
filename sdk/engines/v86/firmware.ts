/**
 * Finds the PC firmware that v86 starts: SeaBIOS and its VGA option ROM. They are not part of this package; every
 * distribution of QEMU brings them.
 */
import { createHash } from 'node:crypto';
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GuestwrightError } from '../../errors.js';
import { cacheFolder } from '../../images/files.js';

export interface Firmware {
  /** Path of SeaBIOS. */
  bios: string;
  /** Path of the option ROM for the standard VGA. */
  vgaBios: string;
  /** Lower-case hex SHA-256 over both files' bytes: part of what a machine's states depend on. */
  digest: string;
}

export interface FirmwareSearch {
  /** Folder that replaces all others; `GUESTWRIGHT_FIRMWARE` if left out. */
  override?: string | undefined;
  /** Folders searched in order; the usual places of the platform if left out. */
  folders?: readonly string[];
  platform?: NodeJS.Platform;
  /** Says whether a file is there; for finding out which system this is. */
  isThere?: (path: string) => Promise<boolean>;
}

const BIOS_NAME = 'bios.bin';
const VGA_NAME = 'vgabios-stdvga.bin';

/** v86 maps the BIOS below 1 MB, where 128 KB fit; the 256 KB build is for QEMU's newer machines. */
const BIOS_BYTES = 0x20000;
/** The space between the VGA's memory and the next option ROM. */
const VGA_MAX_BYTES = 0x10000;

/** Where the distributions put the files. A package may spread them over two folders (Fedora does). */
const UNIX_FOLDERS = [
  '/usr/share/seabios', // Debian, Ubuntu: seabios; Fedora: seabios-bin
  '/usr/share/seavgabios', // Fedora: seavgabios-bin
  '/usr/share/qemu', // Arch, Fedora, openSUSE, Alpine
  '/usr/local/share/qemu', // built from source; Homebrew on Intel
  '/usr/share/vgabios',
];
const MAC_FOLDERS = [
  '/opt/homebrew/share/qemu', // Homebrew on Apple silicon
  '/usr/local/share/qemu', // Homebrew on Intel
  '/opt/local/share/qemu', // MacPorts
];

/**
 * Finds SeaBIOS (`bios.bin`) and the standard VGA's option ROM (`vgabios-stdvga.bin`).
 *
 * @throws GuestwrightError `infrastructure/firmware-missing` with the places searched and the command to run,
 *   `infrastructure/firmware-invalid` if a file is not what its name says
 */
export async function findFirmware(search: FirmwareSearch = {}): Promise<Firmware> {
  const platform = search.platform ?? process.platform;
  const override = search.override ?? process.env['GUESTWRIGHT_FIRMWARE'];
  const folders = override ? [override] : (search.folders ?? usualFolders(platform));
  const bios = await firstIn(folders, BIOS_NAME);
  const vgaBios = await firstIn(folders, VGA_NAME);
  if (bios === null || vgaBios === null) {
    const found = [bios, vgaBios].filter((path) => path !== null);
    const isThere = search.isThere ?? canRead;
    throw new GuestwrightError('The PC firmware for guests was not found', {
      kind: 'infrastructure',
      code: 'firmware-missing',
      expected: `${BIOS_NAME} (SeaBIOS, 128 KB) and ${VGA_NAME} in ${override ? 'GUESTWRIGHT_FIRMWARE' : 'one of the places searched'}`,
      seen: [
        found.length > 0 ? `only ${found.join(', ')}` : 'neither of them',
        ...folders.map((folder) => `searched ${folder}`),
      ].join('\n'),
      next: override
        ? 'Set GUESTWRIGHT_FIRMWARE to the folder that holds both files, or unset it.'
        : `${await installCommand(platform, isThere)}; or set GUESTWRIGHT_FIRMWARE to a folder with both files.`,
    });
  }
  const [biosBytes, vgaBytes] = [await readBytes(bios), await readBytes(vgaBios)];
  requireBios(bios, biosBytes);
  requireOptionRom(vgaBios, vgaBytes);
  return { bios, vgaBios, digest: createHash('sha256').update(biosBytes).update(vgaBytes).digest('hex') };
}

function usualFolders(platform: NodeJS.Platform): readonly string[] {
  if (platform === 'darwin') return MAC_FOLDERS;
  // The last one is where the set-up script unpacks the files for users who cannot install packages.
  if (platform !== 'win32') {
    return [...UNIX_FOLDERS, '/home/linuxbrew/.linuxbrew/share/qemu', join(cacheFolder(), 'firmware')];
  }
  const programs = [process.env['ProgramFiles'], process.env['ProgramFiles(x86)']].filter((path) => path !== undefined);
  // The installer puts them into the program's folder or into `share`; MSYS2 into its own tree.
  return [
    ...[...new Set([...programs, 'C:\\Program Files'])].flatMap((path) => [
      join(path, 'qemu', 'share'),
      join(path, 'qemu'),
    ]),
    ...['ucrt64', 'mingw64', 'clang64'].map((flavour) => join('C:\\msys64', flavour, 'share', 'qemu')),
  ];
}

async function firstIn(folders: readonly string[], name: string): Promise<string | null> {
  for (const folder of folders) {
    const path = join(folder, name);
    if (await canRead(path)) return path;
  }
  return null;
}

async function canRead(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw invalid(path, 'a file that can be read', error instanceof Error ? error.message : String(error));
  }
}

/** A BIOS ends in the first instruction that a PC runs, 16 bytes before the end: a far jump. */
function requireBios(path: string, bytes: Uint8Array): void {
  const expected = `SeaBIOS of ${BIOS_BYTES} bytes, with a far jump (EA) 16 bytes before its end`;
  if (bytes.length !== BIOS_BYTES) throw invalid(path, expected, `${bytes.length} bytes`);
  const first = bytes[bytes.length - 16];
  if (first !== 0xea) throw invalid(path, expected, `byte ${hex(first)} there`);
}

function requireOptionRom(path: string, bytes: Uint8Array): void {
  const expected = `an option ROM: at most ${VGA_MAX_BYTES} bytes, starting with 55 AA and its length`;
  if (bytes.length < 512 || bytes.length > VGA_MAX_BYTES) throw invalid(path, expected, `${bytes.length} bytes`);
  if (bytes[0] !== 0x55 || bytes[1] !== 0xaa) throw invalid(path, expected, `${hex(bytes[0])} ${hex(bytes[1])}`);
  const declared = (bytes[2] ?? 0) * 512;
  if (declared === 0 || declared > bytes.length) {
    throw invalid(path, expected, `${bytes.length} bytes, of which it says that they are ${declared}`);
  }
}

function hex(byte: number | undefined): string {
  return (byte ?? 0).toString(16).toUpperCase().padStart(2, '0');
}

function invalid(path: string, expected: string, seen: string): GuestwrightError {
  return new GuestwrightError(`${path} is not the firmware that its name says`, {
    kind: 'infrastructure',
    code: 'firmware-invalid',
    expected,
    seen,
    next: 'Install the package that the file belongs to again, or set GUESTWRIGHT_FIRMWARE to a folder with good files.',
  });
}

/** The command that brings the firmware on this system, told by the package manager that is there. */
async function installCommand(platform: NodeJS.Platform, isThere: (path: string) => Promise<boolean>): Promise<string> {
  if (platform === 'darwin') {
    return (await isThere('/opt/local/bin/port')) ? 'Run `sudo port install qemu`' : 'Run `brew install qemu`';
  }
  if (platform === 'win32') return 'Run `winget install SoftwareFreedomConservancy.QEMU`';
  for (const [tool, command] of LINUX_COMMANDS) {
    if (await isThere(tool)) return `Run \`${command}\``;
  }
  return 'Install SeaBIOS, or QEMU, which brings it';
}

const LINUX_COMMANDS = [
  ['/usr/bin/apt-get', 'sudo apt-get install seabios'],
  ['/usr/bin/dnf', 'sudo dnf install seabios-bin seavgabios-bin'],
  ['/usr/bin/pacman', 'sudo pacman -S seabios'],
  ['/usr/bin/zypper', 'sudo zypper install qemu-seabios qemu-vgabios'],
  ['/sbin/apk', 'sudo apk add seabios qemu-system-i386'],
] as const;
