/** The QEMU that is installed here, for each architecture: where it is, which version, and what this build can. */
import { constants } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { GuestwrightError } from '../../errors.js';
import { z } from 'zod';
import type { Architecture } from '../engine.js';
import { remembered } from './remembered.js';
import { fontsOf, type TextFont } from './vga-font.js';

const buildShape = z.object({
  /** `7.2.22`. */
  version: z.string(),
  /** The boards that this version makes, by names that pin them where there are such: `pc` is `pc-i440fx-7.2`. */
  boards: z.record(z.string(), z.string()),
  /** Accelerators that are built in. Whether they work is for `accelerator.ts` to try. */
  accelerators: z.array(z.string()),
  /** The system-call filter is built in. */
  sandbox: z.boolean(),
  /** Trace points can be written to the log: the keyboard's are how keys are known to have been taken. */
  traces: z.boolean(),
  /** Option ROM of the standard VGA, for a PC: the machine is given this very file. */
  vgaBios: z.string().nullable(),
  /** Folders with QEMU's own files, and firmware's descriptions. */
  folders: z.array(z.string()),
  /** The guest's memory can be mapped from a file. */
  memoryFiles: z.boolean(),
  /** The guest's memory can be a file without a name, which its owner can open too (Linux). */
  sharedMemory: z.boolean(),
});

export interface Installation extends z.output<typeof buildShape> {
  architecture: Architecture;
  /** Path of `qemu-system-<architecture>`. */
  program: string;
  /** Changes whenever another QEMU is installed. */
  stamp: string;
  /** The text modes' fonts in the VGA's option ROM. */
  fonts: readonly TextFont[];
}

const VGA_BIOS = 'vgabios-stdvga.bin';

const found = new Map<Architecture, Promise<Installation>>();

/**
 * Looks once per process.
 * @throws GuestwrightError `infrastructure/qemu-missing` with the command that installs it, `infrastructure/qemu-unusable`
 */
export async function findInstallation(architecture: Architecture = 'x86_64'): Promise<Installation> {
  const looking = found.get(architecture) ?? look(architecture);
  found.set(architecture, looking);
  try {
    return await looking;
  } catch (error) {
    // It may be installed meanwhile.
    found.delete(architecture);
    throw error;
  }
}

async function look(architecture: Architecture): Promise<Installation> {
  const program = await findProgram(architecture);
  const { mtimeMs, size } = await stat(program);
  const stamp = `${program} ${size} ${mtimeMs}`;
  const build = await remembered({
    key: ['build', '3', stamp],
    shape: buildShape,
    findOut: async () => await askProgram(program, architecture),
    // The option ROM is of another package, which may have moved it.
    holds: async ({ vgaBios }) => vgaBios === null || (await isThere(vgaBios, constants.R_OK)),
  });
  const fonts = build.vgaBios === null ? [] : fontsOf(await readFile(build.vgaBios));
  return { ...build, architecture, program, stamp, fonts };
}

async function askProgram(program: string, architecture: Architecture): Promise<z.output<typeof buildShape>> {
  const { execa } = await import('execa');
  const ask = async (...args: string[]): Promise<string> => {
    const { stdout, stderr } = await execa(program, args, { reject: false, timeout: 60_000 });
    // Its exit code means nothing here: asked for help with logs, 7.2 gives it and fails.
    if (stdout === '') throw unusable(program, `${args.join(' ')} prints nothing; ${stderr.slice(0, 500)}`);
    return stdout;
  };
  const [versionText, machines, accels, help, log, folders, objects] = await Promise.all([
    ask('--version'),
    ask('-machine', 'help'),
    ask('-accel', 'help'),
    ask('-help'),
    ask('-d', 'help'),
    ask('-L', 'help'),
    ask('-object', 'help'),
  ]);
  const version = /version (\d+\.\d+\.\d+)/.exec(versionText)?.[1];
  const boards = boardsIn(machines);
  const [needed = 'pc'] = BOARDS[architecture];
  if (version === undefined || boards[needed] === undefined) {
    throw unusable(program, `${versionText.split('\n')[0] ?? ''}; no machine ${needed}`);
  }
  const places = folders.split(/\r?\n/).flatMap((folder) => (folder.trim() === '' ? [] : [folder.trim()]));
  const vgaBios = await findFile(places, VGA_BIOS);
  if (needed === 'pc' && vgaBios === null) throw unusable(program, `no ${VGA_BIOS} in its folders:\n${folders}`);
  return {
    version,
    boards,
    accelerators: accels.split(/\r?\n/).filter((name) => /^\w+$/.test(name)),
    sandbox: /^-sandbox /m.test(help),
    traces: /^trace:PATTERN/m.test(log),
    memoryFiles: /^\s*memory-backend-file$/m.test(objects),
    sharedMemory: /^\s*memory-backend-memfd$/m.test(objects),
    vgaBios: needed === 'pc' ? vgaBios : null,
    folders: places,
  };
}

/** The boards of an architecture that machines are made of; the first has to be there. */
const BOARDS: Readonly<Record<Architecture, readonly string[]>> = {
  x86_64: ['pc', 'q35'],
  i386: ['pc', 'q35'],
  aarch64: ['virt'],
  riscv64: ['virt'],
};

/** Of `-machine help`: `q35  Standard PC (…) (alias of pc-q35-7.2)`. A board without versions is its own name. */
function boardsIn(text: string): Record<string, string> {
  const names = [...new Set(Object.values(BOARDS).flat())];
  return Object.fromEntries(
    names.flatMap((name) => {
      const line = text.split(/\r?\n/).find((one) => one.startsWith(`${name} `));
      return line === undefined ? [] : [[name, /\(alias of (\S+)\)/.exec(line)?.[1] ?? name]];
    }),
  );
}

async function findProgram(architecture: Architecture): Promise<string> {
  const name = `qemu-system-${architecture}${process.platform === 'win32' ? '.exe' : ''}`;
  const override = process.env['GUESTWRIGHT_QEMU'];
  const folders = [
    ...(process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== ''),
    ...usualFolders(),
  ];
  const candidates = override ? [beside(override, architecture, name)] : folders.map((folder) => join(folder, name));
  for (const path of candidates) if (await isThere(path, constants.X_OK)) return path;
  throw new GuestwrightError(`QEMU is not installed${architecture === 'x86_64' ? '' : ` for ${architecture}`}`, {
    kind: 'infrastructure',
    code: 'qemu-missing',
    expected: override ? `${candidates.join()}, by GUESTWRIGHT_QEMU, which names ${override}` : `${name} on the PATH`,
    seen: override ? 'no program there' : 'not found',
    next: `${await installCommand(architecture)}; or set GUESTWRIGHT_QEMU to the program`,
  });
}

/** The variable names the program for x86-64; those for other architectures lie beside it. */
function beside(override: string, architecture: Architecture, name: string): string {
  return architecture === 'x86_64' ? override : join(dirname(override), name);
}

/** Where installers put it without adding to the PATH. */
function usualFolders(): string[] {
  if (process.platform === 'win32') return ['C:\\Program Files\\qemu'];
  return process.platform === 'darwin' ? ['/opt/homebrew/bin', '/usr/local/bin', '/opt/local/bin'] : [];
}

async function installCommand(architecture: Architecture): Promise<string> {
  if (process.platform === 'darwin') return 'run `brew install qemu`';
  if (process.platform === 'win32') return 'run `winget install SoftwareFreedomConservancy.QEMU`';
  for (const [tool, command, packages] of LINUX_COMMANDS) {
    if (await isThere(tool, constants.X_OK)) return `run \`${command} ${packages[architecture]}\``;
  }
  return 'install it: www.qemu.org/download';
}

const LINUX_COMMANDS: readonly (readonly [string, string, Readonly<Record<Architecture, string>>])[] = [
  [
    '/usr/bin/apt-get',
    'sudo apt-get install --no-install-recommends',
    // With the UEFI of the architecture, where it has one.
    {
      x86_64: 'qemu-system-x86 ovmf',
      i386: 'qemu-system-x86',
      aarch64: 'qemu-system-arm qemu-efi-aarch64',
      riscv64: 'qemu-system-misc',
    },
  ],
  [
    '/usr/bin/dnf',
    'sudo dnf install',
    {
      x86_64: 'qemu-system-x86-core edk2-ovmf',
      i386: 'qemu-system-x86-core',
      aarch64: 'qemu-system-aarch64-core edk2-aarch64',
      riscv64: 'qemu-system-riscv-core',
    },
  ],
  [
    '/usr/bin/pacman',
    'sudo pacman -S',
    {
      x86_64: 'qemu-system-x86 edk2-ovmf',
      i386: 'qemu-system-x86',
      aarch64: 'qemu-system-aarch64 edk2-aarch64',
      riscv64: 'qemu-system-riscv',
    },
  ],
  [
    '/usr/bin/zypper',
    'sudo zypper install',
    {
      x86_64: 'qemu-x86 qemu-ovmf-x86_64',
      i386: 'qemu-x86',
      aarch64: 'qemu-arm qemu-uefi-aarch64',
      riscv64: 'qemu-extra',
    },
  ],
  [
    '/sbin/apk',
    'sudo apk add',
    {
      x86_64: 'qemu-system-x86_64 ovmf',
      i386: 'qemu-system-i386',
      aarch64: 'qemu-system-aarch64 aavmf',
      riscv64: 'qemu-system-riscv64',
    },
  ],
];

async function findFile(folders: readonly string[], name: string): Promise<string | null> {
  for (const folder of folders) {
    const path = join(folder, name);
    if (await isThere(path, constants.R_OK)) return path;
  }
  return null;
}

async function isThere(path: string, mode: number): Promise<boolean> {
  return await access(path, mode).then(
    () => true,
    () => false,
  );
}

function unusable(program: string, seen: string): GuestwrightError {
  return new GuestwrightError(`${program} cannot be used`, {
    kind: 'infrastructure',
    code: 'qemu-unusable',
    expected: 'QEMU 7.2 or newer with the machine that is needed',
    seen,
    next: 'install a current QEMU, or set GUESTWRIGHT_QEMU to another one',
  });
}
