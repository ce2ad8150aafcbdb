/** The live system: a root file system of packages alone, made by mmdebstrap without any network. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GuestwrightError } from '../../../errors.js';
import type { BuildContext } from '../../recipe.js';
import { runTool } from '../../tools.js';
import { FINISH_ROOT, SYSTEM_FILES } from './files.js';

export interface LiveRoot {
  /** A tar of the root, sorted, no file newer than `epoch`. */
  tar: string;
  kernel: string;
  initrd: string;
}

export interface LiveRootOptions {
  /** A folder with the archive that everything is installed from. */
  repository: string;
  codename: string;
  packages: readonly string[];
  /** Seconds since 1970. */
  epoch: number;
}

/**
 * Installs the packages into a new root. Their scripts run as root, or as the root of a user's namespace, and in namespaces
 * of their own: without a network, and dead as soon as this process is.
 *
 * @throws GuestwrightError `infrastructure/root-needed`
 */
export async function makeLiveRoot(context: BuildContext, options: LiveRootOptions): Promise<LiveRoot> {
  const { scratch, unpacked } = context;
  const [files, boot, temporary] = [join(scratch, 'files'), join(scratch, 'boot'), join(scratch, 'temporary')];
  for (const one of [files, boot, temporary]) await mkdir(one);
  for (const [number, { content }] of SYSTEM_FILES.entries()) await writeFile(join(files, String(number)), content);
  const finish = join(scratch, 'finish-root');
  await writeFile(finish, FINISH_ROOT, { mode: 0o755 });
  const tar = join(scratch, 'root.tar');
  const folder = await unpacked('mmdebstrap');
  const mmdebstrap = [
    join(folder, 'usr/bin/mmdebstrap'),
    '--mode=root',
    '--variant=minbase',
    '--architectures=amd64',
    '--aptopt=APT::Install-Recommends "false"',
    '--dpkgopt=force-unsafe-io',
    `--include=${options.packages.join(',')}`,
    // As Debian's installer does it: the packages are not those that move the files of an older system.
    `--hook-dir=${join(folder, 'usr/share/mmdebstrap/hooks/merged-usr')}`,
    // It is run as it is, not by a shell, when it is the path of a program; relative ones would be a shell's words.
    `--customize-hook=${finish}`,
    options.codename,
    tar,
    `deb [trusted=yes] copy:${encodeURI(options.repository)} ${options.codename} main`,
  ];
  const env = {
    SOURCE_DATE_EPOCH: String(options.epoch),
    TZ: 'UTC',
    TMPDIR: temporary,
    FILES: files,
    BOOT: boot,
    PERL_HASH_SEED: '0',
    PERL_PERTURB_KEYS: '0',
  };
  await runTool('setpriv', [...ALONE, ...(await privileges()), 'perl', ...mmdebstrap], { cwd: scratch, env });
  return { tar, kernel: join(boot, 'vmlinuz'), initrd: join(boot, 'initrd.img') };
}

/** Ends with this process, whatever way it ends, and all that it has started with it; sees no network. */
const ALONE = [
  ...['--pdeathsig', 'KILL', 'unshare', '--pid', '--fork', '--kill-child'],
  ...['--mount', '--mount-proc', '--net', '--uts', '--ipc'],
];

/** A user is root in a namespace whose other users are those that the system has set aside for this one. */
const AS_ROOT_OF_A_NAMESPACE = ['--user', '--map-root-user', '--map-auto'];

/**
 * What to add to `unshare` for a process that may do what packages' scripts do.
 *
 * @throws GuestwrightError `infrastructure/root-needed`: this user is not root and cannot be root of a namespace
 */
async function privileges(): Promise<readonly string[]> {
  if (process.getuid?.() === 0) return [];
  const { exitCode, stderr } = await runTool('unshare', [...AS_ROOT_OF_A_NAMESPACE, 'true'], { mayFail: true });
  if (exitCode === 0) return AS_ROOT_OF_A_NAMESPACE;
  throw new GuestwrightError('A live system is installed by root, or by a user with a namespace of its own', {
    kind: 'infrastructure',
    code: 'root-needed',
    expected: 'root; or user namespaces, newuidmap, and a range of ids for this user in /etc/subuid and /etc/subgid',
    seen: `user id ${process.getuid?.() ?? 'unknown'}; ${stderr.trim() || 'no user namespaces'}`,
    next:
      'Run `sudo apt-get install uidmap` and, if /etc/subuid does not name you, ' +
      '`sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $USER`; or build it as root elsewhere ' +
      'and bring it: `npx guestwright images export NAME FILE` there, `npx guestwright images import NAME FILE` here.',
  });
}
