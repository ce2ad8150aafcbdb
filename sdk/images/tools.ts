/** Runs the tools that images are built with: arguments as they are, the C locale, failures as typed errors. */
import { join, relative } from 'node:path';
import { GuestwrightError } from '../errors.js';
import { exists } from './files.js';

/**
 * Runs a program of an unpacked amd64 package with the libraries of other unpacked packages, the dynamic linker
 * included: which versions this system has, or whether it has any, makes no difference.
 *
 * @param program path of the program
 * @param packages the folders of its packages; one of them is that of libc6
 * @param cwd folder that it works in
 * @param input a file that it reads as its standard input
 */
export async function runUnpacked(
  program: string,
  args: readonly string[],
  { packages, cwd, env = {}, input }: Unpacked,
): Promise<void> {
  if (process.platform !== 'linux' || process.arch !== 'x64') throw noSuchHost();
  let libc: string | undefined;
  for (const folder of packages) if (await exists(join(folder, LINKER))) libc ??= folder;
  if (libc === undefined) throw new TypeError(`no ${LINKER} in the packages: libc6 has it`);
  // A colon would end a folder's name here, so the names are relative ones, which hold none.
  const libraries = packages.flatMap((folder) => LIBRARY_FOLDERS.map((below) => join(relative(cwd, folder), below)));
  const command = ['--library-path', libraries.join(':'), program, ...args];
  await runTool(join(libc, LINKER), command, { cwd, env, input });
}

interface Unpacked {
  packages: readonly string[];
  cwd: string;
  env?: Readonly<Record<string, string>>;
  input?: string | undefined;
}

const LINKER = 'lib/x86_64-linux-gnu/ld-linux-x86-64.so.2';
const LIBRARY_FOLDERS = ['lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu'];

function noSuchHost(): GuestwrightError {
  return new GuestwrightError('This image is built with programs of Debian for 64-bit PCs', {
    kind: 'infrastructure',
    code: 'host-unsupported',
    expected: 'Linux on x86-64',
    seen: `${process.platform} on ${process.arch}`,
    next:
      'Build the image on such a machine and bring it: `npx guestwright images export NAME FILE` there, ' +
      '`npx guestwright images import NAME FILE` here.',
  });
}

/** What made a tool fail is at the end of what it says. */
const MOST_LINES = 30;

interface ToolOptions {
  /** An exit code other than 0 is returned, not thrown. */
  mayFail?: boolean;
  cwd?: string;
  env?: Readonly<Record<string, string>>;
  /** A file that the tool reads as its standard input. */
  input?: string | undefined;
}

/** Runs one of the tools that every Debian system has, in the C locale. @throws GuestwrightError `infrastructure/...` */
export async function runTool(
  tool: string,
  args: readonly string[],
  { mayFail = false, cwd, env = {}, input }: ToolOptions = {},
): Promise<{ stdout: string; stderr: string; exitCode: number }> {
  const { execa, ExecaError } = await import('execa');
  try {
    const result = await execa(tool, args, {
      ...(cwd !== undefined && { cwd }),
      env: { LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive', ...env },
      stdin: input === undefined ? 'ignore' : { file: input },
    });
    return { stdout: result.stdout, stderr: result.stderr, exitCode: result.exitCode ?? 0 };
  } catch (error) {
    if (!(error instanceof ExecaError)) throw error;
    if (error.code === 'ENOENT') throw noDebianTools(tool);
    const { stdout, stderr, exitCode } = error;
    if (mayFail && exitCode !== undefined) return { stdout: String(stdout), stderr: String(stderr), exitCode };
    throw new GuestwrightError(
      `${tool} failed`,
      {
        kind: 'infrastructure',
        code: 'tool-failed',
        expected: `${tool} ${args.filter((arg) => !arg.startsWith('/')).join(' ')} to succeed`,
        seen: String(stderr).trim().split('\n').slice(-MOST_LINES).join('\n') || error.shortMessage,
        next: 'Check the network and the free space in the cache folder, then try again: finished parts are kept.',
      },
      { cause: error },
    );
  }
}

function noDebianTools(tool: string): GuestwrightError {
  return new GuestwrightError(`Guest images are built from Debian packages, and ${tool} is not here`, {
    kind: 'infrastructure',
    code: 'tool-missing',
    expected: 'apt-get, dpkg-deb and perl, as on Debian and its relatives',
    seen: `no ${tool} in PATH`,
    next:
      'Build the image on a Debian machine (or in a debian:12 container) and bring it: ' +
      '`npx guestwright images export NAME FILE` there, `npx guestwright images import NAME FILE` here.',
  });
}
