/** The programs that serve file systems in user space, each as a process of its own that outlives the command. */
import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:fs';
import { access, open, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readIfThere } from '../../images/files.js';
import { mountFailed, noFuse, ntfsNeedsAllowOther, toolMissing } from './errors.js';
import { fuseChannelArguments, hasFuseChannel } from './fuse/fuse-channel.js';
import type { FileSystem } from '../partitions/file-systems.js';
import { comesTrue, isMounted, noteOf, type ProcessNote } from './processes.js';

const FAT_SERVER = fileURLToPath(new URL('./fat/fat-server.process.js', import.meta.url));

/** Nothing in an image from elsewhere is to run here, or to be a device of this host. */
const SAFE = ['nosuid', 'nodev', 'noexec'];

interface Server {
  program: string;
  /** The Debian package that has it. */
  debianPackage: string;
  args: (place: { file: string; at: string; writable: boolean }) => string[];
}

const options = (writable: boolean, ...more: string[]) => [...SAFE, writable ? 'rw' : 'ro', ...more];

const FAT: Server = {
  program: 'perl',
  debianPackage: 'perl-base',
  args: ({ file, at, writable }) =>
    fuseChannelArguments({ options: options(writable, 'fsname=guestwright', 'subtype=fat'), place: at }, [
      process.execPath,
      FAT_SERVER,
      '{fd}',
      file,
      writable ? 'rw' : 'ro',
    ]),
};

// `fakeroot`: who mounts it is its root, whoever that is on this host.
const EXT: Server = {
  program: 'fuse2fs',
  debianPackage: 'fuse2fs',
  args: ({ file, at, writable }) => ['-f', '-o', options(writable, 'fakeroot').join(','), file, at],
};

const NTFS: Server = {
  program: 'ntfs-3g',
  debianPackage: 'ntfs-3g',
  args: ({ file, at, writable }) => ['-o', options(writable, 'no_detach', 'umask=077').join(','), file, at],
};

const ISO: Server = {
  program: 'fuseiso',
  debianPackage: 'fuseiso',
  args: ({ file, at }) => [file, at, '-f', '-o', options(false).join(',')],
};

// exFAT is not among them: exfat-fuse, as root, takes nothing but block devices.
const SERVERS: Partial<Record<FileSystem, Server>> = {
  fat12: FAT,
  fat16: FAT,
  fat32: FAT,
  ext2: EXT,
  ext3: EXT,
  ext4: EXT,
  ntfs: NTFS,
  iso9660: ISO,
};

export function canMount(fileSystem: FileSystem): boolean {
  return SERVERS[fileSystem] !== undefined;
}

/** @throws GuestwrightError `infrastructure/tool-missing`, `infrastructure/fuse-missing`: before anything is started */
export async function checkTools(fileSystems: readonly FileSystem[]): Promise<void> {
  if (process.platform !== 'linux') throw noFuse(`this is ${process.platform}; FUSE is Linux's`);
  await access('/dev/fuse', constants.R_OK | constants.W_OK).catch((error: unknown) => {
    throw noFuse(error instanceof Error ? error.message : String(error));
  });
  await checkTool('fusermount3', 'fuse3', 'mounts and unmounts');
  await checkTool('qemu-storage-daemon', 'qemu-system-common', 'opens the image');
  for (const fileSystem of fileSystems) {
    const server = SERVERS[fileSystem];
    if (server !== undefined) await checkTool(server.program, server.debianPackage, `serves ${fileSystem}`);
    if (server === NTFS) await checkNtfs();
    if (server === FAT && !hasFuseChannel()) throw noFuse(`FAT is not served on ${process.arch}`);
  }
}

/** For ordinary users ntfs-3g runs as root, which has to be let see their files. */
async function checkNtfs(): Promise<void> {
  if (process.getuid?.() === 0) return;
  const settings = await readIfThere('/etc/fuse.conf');
  if (!/^\s*user_allow_other\b/m.test(settings ?? '')) throw ntfsNeedsAllowOther();
}

async function checkTool(program: string, debianPackage: string, what: string): Promise<void> {
  for (const folder of searchPath().split(delimiter)) {
    const found = await access(join(folder, program), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return;
  }
  throw toolMissing(program, debianPackage, what);
}

/** Ordinary users have not those of the system. */
function searchPath(): string {
  const own = process.env['PATH'] ?? '';
  return [...own.split(delimiter).filter((folder) => folder !== ''), '/usr/sbin', '/sbin'].join(delimiter);
}

/** Within which a file system has to be there, ms: the journal of one that was not closed is worked off first. */
const MOUNT_MS = 60_000;
/** What made a server fail is at the end of what it says. */
const MOST_LINES = 10;

interface ServerOptions {
  fileSystem: FileSystem;
  /** With the file system, as the storage daemon exports it. */
  file: string;
  at: string;
  writable: boolean;
  log: string;
  runId: string;
  /** Told of the process as soon as it is there. */
  onStart: (note: ProcessNote) => Promise<void>;
}

/**
 * Returns when the files are there.
 * @throws GuestwrightError `infrastructure/mount-failed` with what the server said; what it started is the caller's to end
 */
export async function startServer({
  fileSystem,
  file,
  at,
  writable,
  log,
  runId,
  onStart,
}: ServerOptions): Promise<void> {
  const server = SERVERS[fileSystem];
  if (server === undefined) throw new TypeError(`nothing serves ${fileSystem}`);
  const output = await open(log, 'w', 0o600);
  const child = spawn(server.program, server.args({ file, at, writable }), {
    detached: true,
    stdio: ['ignore', output.fd, output.fd],
    env: { ...process.env, PATH: searchPath(), LC_ALL: 'C', GUESTWRIGHT_RUN_ID: runId },
  });
  try {
    const failed = outcome(child);
    const note = child.pid === undefined ? null : noteOf(child.pid);
    if (note !== null) await onStart(note);
    const there = await comesTrue(() => failed.seen !== null || isMounted(at), MOUNT_MS);
    // A server of ours that cannot read its file system has mounted before it knows.
    if (failed.seen === null && there && (await isServed(at, failed))) return;
    const said = (await readFile(log, 'utf8')).trim().split('\n').slice(-MOST_LINES).join('\n');
    const seen = said || (failed.seen ?? 'it is not there after a minute');
    throw mountFailed(`${server.program} could not mount the ${fileSystem} file system`, seen);
  } finally {
    await output.close();
    child.unref();
  }
}

function outcome(child: ChildProcess): { seen: string | null } {
  const found: { seen: string | null } = { seen: null };
  child.once('error', (error) => (found.seen = error.message));
  child.once('exit', (code, signal) => (found.seen = `it ended with ${code ?? signal}`));
  return found;
}

/** Asking for its root waits for the server, or for its death. */
async function isServed(at: string, failed: { seen: string | null }): Promise<boolean> {
  const answered = await access(at, constants.R_OK).then(
    () => true,
    () => false,
  );
  return answered && failed.seen === null;
}
