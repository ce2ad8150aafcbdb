/** The QEMU that is installed here: where it is, which version, and what this build can. */
import { constants } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { GuestwrightError } from '../../errors.js';
import { z } from 'zod';
import { remembered } from './remembered.js';
import { fontsOf, type TextFont } from './vga-font.js';

const buildShape = z.object({
  /** `7.2.22`. */
  version: z.string(),
  /** The PC that this version makes, by a name that pins it: `pc-i440fx-7.2`. */
  machineType: z.string(),
  /** Accelerators that are built in. Whether they work is for `accelerator.ts` to try. */
  accelerators: z.array(z.string()),
  /** The system-call filter is built in. */
  sandbox: z.boolean(),
  /** Trace points can be written to the log: the keyboard's are how keys are known to have been taken. */
  traces: z.boolean(),
  /** Option ROM of the standard VGA; the machine is given this very file. */
  vgaBios: z.string(),
});

export interface Installation extends z.output<typeof buildShape> {
  /** Path of `qemu-system-x86_64`. */
  program: string;
  /** Changes whenever another QEMU is installed. */
  stamp: string;
  /** The text modes' fonts in the VGA's option ROM. */
  fonts: readonly TextFont[];
}

const PROGRAM = process.platform === 'win32' ? 'qemu-system-x86_64.exe' : 'qemu-system-x86_64';
const VGA_BIOS = 'vgabios-stdvga.bin';

let found: Promise<Installation> | null = null;

/**
 * Looks once per process.
 * @throws GuestwrightError `infrastructure/qemu-missing` with the command that installs it, `infrastructure/qemu-unusable`
 */
export async function findInstallation(): Promise<Installation> {
  found ??= look();
  try {
    return await found;
  } catch (error) {
    // It may be installed meanwhile.
    found = null;
    throw error;
  }
}

async function look(): Promise<Installation> {
  const program = await findProgram();
  const { mtimeMs, size } = await stat(program);
  const stamp = `${program} ${size} ${mtimeMs}`;
  const build = await remembered({
    key: ['build', stamp],
    shape: buildShape,
    findOut: async () => await askProgram(program),
    // The option ROM is of another package, which may have moved it.
    holds: async ({ vgaBios }) => await isThere(vgaBios, constants.R_OK),
  });
  return { ...build, program, stamp, fonts: fontsOf(await readFile(build.vgaBios)) };
}

async function askProgram(program: string): Promise<z.output<typeof buildShape>> {
  const { execa } = await import('execa');
  const ask = async (...args: string[]): Promise<string> => {
    const { stdout, stderr } = await execa(program, args, { reject: false, timeout: 60_000 });
    // Its exit code means nothing here: asked for help with logs, 7.2 gives it and fails.
    if (stdout === '') throw unusable(program, `${args.join(' ')} prints nothing; ${stderr.slice(0, 500)}`);
    return stdout;
  };
  const [versionText, machines, accels, help, log, folders] = await Promise.all([
    ask('--version'),
    ask('-machine', 'help'),
    ask('-accel', 'help'),
    ask('-help'),
    ask('-d', 'help'),
    ask('-L', 'help'),
  ]);
  const version = /version (\d+\.\d+\.\d+)/.exec(versionText)?.[1];
  const machineType = /alias of (pc-i440fx-[\w.]+)/.exec(machines)?.[1];
  if (version === undefined || machineType === undefined) {
    throw unusable(program, `${versionText.split('\n')[0] ?? ''}; no machine pc-i440fx`);
  }
  const vgaBios = await findFile(folders.split(/\r?\n/), VGA_BIOS);
  if (vgaBios === null) throw unusable(program, `no ${VGA_BIOS} in its folders:\n${folders}`);
  return {
    version,
    machineType,
    accelerators: accels.split(/\r?\n/).filter((name) => /^\w+$/.test(name)),
    sandbox: /^-sandbox /m.test(help),
    traces: /^trace:PATTERN/m.test(log),
    vgaBios,
  };
}

async function findProgram(): Promise<string> {
  const override = process.env['GUESTWRIGHT_QEMU'];
  const folders = [
    ...(process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== ''),
    ...usualFolders(),
  ];
  const candidates = override ? [override] : folders.map((folder) => join(folder, PROGRAM));
  for (const path of candidates) if (await isThere(path, constants.X_OK)) return path;
  throw new GuestwrightError('QEMU is not installed', {
    kind: 'infrastructure',
    code: 'qemu-missing',
    expected: override ? `${override}, which GUESTWRIGHT_QEMU names` : `${PROGRAM} on the PATH`,
    seen: override ? 'no program there' : 'not found',
    next: `${await installCommand()}; or set GUESTWRIGHT_QEMU to the program`,
  });
}

/** Where installers put it without adding to the PATH. */
function usualFolders(): string[] {
  if (process.platform === 'win32') return ['C:\\Program Files\\qemu'];
  return process.platform === 'darwin' ? ['/opt/homebrew/bin', '/usr/local/bin', '/opt/local/bin'] : [];
}

async function installCommand(): Promise<string> {
  if (process.platform === 'darwin') return 'run `brew install qemu`';
  if (process.platform === 'win32') return 'run `winget install SoftwareFreedomConservancy.QEMU`';
  for (const [tool, command] of LINUX_COMMANDS) if (await isThere(tool, constants.X_OK)) return `run \`${command}\``;
  return 'install it: www.qemu.org/download';
}

const LINUX_COMMANDS = [
  ['/usr/bin/apt-get', 'sudo apt-get install --no-install-recommends qemu-system-x86'],
  ['/usr/bin/dnf', 'sudo dnf install qemu-system-x86-core'],
  ['/usr/bin/pacman', 'sudo pacman -S qemu-system-x86'],
  ['/usr/bin/zypper', 'sudo zypper install qemu-x86'],
  ['/sbin/apk', 'sudo apk add qemu-system-x86_64'],
] as const;

async function findFile(folders: readonly string[], name: string): Promise<string | null> {
  for (const folder of folders) {
    const path = join(folder.trim(), name);
    if (folder.trim() !== '' && (await isThere(path, constants.R_OK))) return path;
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
    expected: 'QEMU 7.2 or newer with the machine pc-i440fx',
    seen,
    next: 'install a current QEMU, or set GUESTWRIGHT_QEMU to another one',
  });
}
