// Makes a fresh clone ready: the PC firmware that guests start with (a Debian package) and the npm packages. Plain
// Node without dependencies, because it runs before there are any. Does nothing, quickly, when all is there.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const say = (text) => console.log(`setup: ${text}`);

class SetupError extends Error {}

/** Debian packages by what they are for: which of them are missing, and what a machine without them misses. */
const EXTRAS = {
  // With qemu-img, which tests hold our own disk images against.
  qemu: {
    missing: () => [
      ...(process.env.GUESTWRIGHT_QEMU || canRun('qemu-system-x86_64') ? [] : ['qemu-system-x86']),
      ...(canRun('qemu-img') ? [] : ['qemu-utils']),
    ],
    without: 'What needs it is skipped.',
  },
  // What mounts disk images (guestwright disk mount), and what tests make and check file systems with.
  mount: {
    missing: () =>
      Object.entries({
        'qemu-system-common': 'qemu-storage-daemon',
        fuse3: 'fusermount3',
        fuse2fs: 'fuse2fs',
        'ntfs-3g': 'ntfs-3g',
        fuseiso: 'fuseiso',
        mtools: 'mtools',
        dosfstools: 'mkfs.vfat',
      }).flatMap(([name, tool]) => (canRun(tool) || existsSync(`/usr/sbin/${tool}`) ? [] : [name])),
    without: 'Disk images are not mounted; what needs it is skipped.',
  },
  // What tests hold our differencing disks against.
  disks: {
    missing: () => (canRun('7zz') ? [] : ['7zip']),
    without: 'The tests that need it are skipped.',
  },
  uefi: {
    missing: () => (hasUefi('x86_64') ? [] : ['ovmf']),
    without: 'Guests that start by UEFI say so.',
  },
  tpm: {
    missing: () => (canRun('swtpm') ? [] : ['swtpm']),
    without: 'Guests with a TPM say so.',
  },
  // What the pages are tried in.
  browser: {
    missing: () => (canRun('chromium') ? [] : ['chromium']),
    without: 'The tests of the pages are skipped.',
  },
  // What tests look at machines over VNC with.
  vnc: {
    missing: () =>
      Object.entries({
        'tigervnc-viewer': 'xtigervncviewer',
        xvfb: 'Xvfb',
        xdotool: 'xdotool',
        imagemagick: 'import',
      }).flatMap(([name, tool]) => (canRun(tool) ? [] : [name])),
    without: 'The tests with a VNC viewer are skipped.',
  },
  // What makes videos of machines.
  video: {
    missing: () => (canRun('ffmpeg') ? [] : ['ffmpeg']),
    without: 'Machines have no videos.',
  },
  // Guests on other computers than the PC.
  architectures: {
    missing: () => [
      ...(canRun('qemu-system-aarch64') ? [] : ['qemu-system-arm']),
      ...(canRun('qemu-system-riscv64') ? [] : ['qemu-system-misc']),
    ],
    without: 'What needs it is skipped.',
  },
  // What the image debian-live-installer is built with, besides what Debian always has: Perl's modules (perl-base has only
  // some) and, for who is not root, what makes them root of a namespace.
  installer: {
    missing: () => [
      ...(canRun('perl') && run('perl', ['-MPod::Usage', '-MMath::BigInt', '-e', '1'], { quiet: true }) === 0
        ? []
        : ['perl']),
      ...(process.getuid() === 0 || canRun('newuidmap') ? [] : ['uidmap']),
    ],
    without: 'The image debian-live-installer cannot be built here.',
  },
};

// What is wanted besides, as `--with qemu`, may be missing: what needs it is then skipped, or says so.
const WITH = process.argv.filter((_, index) => process.argv[index - 1] === '--with');

try {
  const extras = WITH.map((name) => EXTRAS[name] ?? unknownExtra(name));
  // One waits for the network while the other unpacks.
  const packages = setUpPackages();
  // Its failure is told where it is waited for.
  packages.catch(() => undefined);
  setUpTogether(extras);
  setUpFirmware();
  for (const extra of extras) setUpExtra(extra);
  await packages;
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = 3;
}

/** All Debian packages in one go: apt-get and what it triggers take long each time. What this cannot do is tried one by one after it. */
function setUpTogether(extras) {
  const packages = [...(isFirmwareMissing() ? ['seabios'] : []), ...extras.flatMap(({ missing }) => missing())];
  const prefix = packages.length > 1 && process.platform === 'linux' && canRun('apt-get') ? rootPrefix() : null;
  if (prefix !== null) aptInstall(prefix, [...new Set(packages)]);
}

function isFirmwareMissing() {
  // On other systems, or with files of one's own, the engine looks in more places and says what is missing.
  if (process.env.GUESTWRIGHT_FIRMWARE || hasFirmware('/usr/share/seabios') || hasFirmware('/usr/share/qemu')) {
    return false;
  }
  return !hasFirmware(join(cacheFolder(), 'firmware')) && process.platform === 'linux' && canRun('apt-get');
}

function setUpFirmware() {
  if (!isFirmwareMissing()) return;
  const folder = join(cacheFolder(), 'firmware');
  const prefix = rootPrefix();
  if (prefix === null) unpackInto(folder);
  else if (!aptInstall(prefix, ['seabios'])) throw new SetupError(words('apt-get could not install it (see above)'));
}

function setUpExtra({ missing, without }) {
  const packages = missing();
  if (packages.length === 0) return;
  const asRoot = process.platform === 'linux' && canRun('apt-get') ? rootPrefix() : null;
  if (asRoot !== null && aptInstall(asRoot, packages)) return;
  const reason =
    asRoot === null ? 'it needs root, or sudo without a password, and apt-get' : 'apt-get failed (see above)';
  say(`not installed: ${packages.join(' ')}: ${reason}. ${without}`);
}

function unknownExtra(name) {
  throw new SetupError(`setup: --with ${name}: there is no such thing; there are ${Object.keys(EXTRAS).join(', ')}.`);
}

/** Where QEMU looks for descriptions of firmware: see sdk/engines/qemu/uefi.ts. */
function hasUefi(architecture) {
  return ['/etc/qemu/firmware', '/usr/share/qemu/firmware'].some(
    (folder) => existsSync(folder) && readdirSync(folder).some((name) => name.includes(architecture)),
  );
}

/** What to put before a command so that root runs it; null when that cannot be had without asking. */
function rootPrefix() {
  if (process.getuid() === 0) return [];
  return canRun('sudo') && run('sudo', ['-n', 'true'], { quiet: true }) === 0 ? ['sudo', '-n'] : null;
}

function hasFirmware(folder) {
  return ['bios.bin', 'vgabios-stdvga.bin'].every((name) => existsSync(join(folder, name)));
}

/** @returns whether the packages are there now */
function aptInstall(prefix, packages) {
  say(`installing Debian packages: ${packages.join(' ')}`);
  const apt = (...args) => {
    const [command, ...rest] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq', ...args];
    return run(command, rest, { log: true });
  };
  const install = ['install', '-y', '--no-install-recommends', ...packages];
  // A minimal system has no package lists, or old ones.
  if (apt(...install) === 0) return true;
  say('reading the package lists first');
  apt('update');
  return apt(...install) === 0;
}

/** Without root: the package is downloaded with a private list and unpacked into Guestwright's cache. */
function unpackInto(folder) {
  say('neither root nor sudo without a password: unpacking the firmware (Debian package seabios) into the cache');
  const scratch = `${folder}.${process.pid}.part`;
  const apt = join(scratch, 'apt');
  mkdirSync(join(apt, 'state/lists/partial'), { recursive: true });
  mkdirSync(join(apt, 'cache/archives/partial'), { recursive: true });
  try {
    writeFileSync(join(apt, 'status'), '');
    const settings = [
      '#clear APT::Update::Post-Invoke;',
      '#clear APT::Update::Post-Invoke-Success;',
      `Dir::State "${apt}/state";`,
      `Dir::State::lists "${apt}/state/lists";`,
      `Dir::State::status "${apt}/status";`,
      `Dir::Cache "${apt}/cache";`,
      'Acquire::Languages "none";',
    ];
    writeFileSync(join(apt, 'apt.conf'), `${settings.join('\n')}\n`);
    const aptGet = (...args) =>
      run('apt-get', ['-qq', '-c', join(apt, 'apt.conf'), ...args], { cwd: scratch, log: true });
    say('reading the package lists');
    aptGet('update');
    const gotIt = aptGet('download', 'seabios') === 0;
    const deb = readdirSync(scratch).find((name) => name.endsWith('.deb'));
    if (!gotIt || deb === undefined) throw new SetupError(words('the package could not be downloaded (see above)'));
    if (run('dpkg-deb', ['-x', join(scratch, deb), join(scratch, 'seabios')]) !== 0) {
      throw new SetupError(words('the package could not be unpacked (see above)'));
    }
    rmSync(folder, { recursive: true, force: true });
    renameSync(join(scratch, 'seabios/usr/share/seabios'), folder);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function words(seen) {
  return [
    'setup: the PC firmware that guests start with is missing',
    '  expected: bios.bin and vgabios-stdvga.bin of Debian’s package seabios',
    `  seen:     ${seen}`,
    '  next:     sudo apt-get update && sudo apt-get install seabios; or set GUESTWRIGHT_FIRMWARE to a folder with both files',
  ].join('\n');
}

async function setUpPackages() {
  const wanted = join(root, 'package-lock.json');
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(wanted)) return;
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(wanted).mtimeMs) return;
  say('installing the npm packages (npm ci)');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const options = { cwd: root, shell: process.platform === 'win32', stdio: ['ignore', 'inherit', 'inherit'] };
  const child = spawn(npm, ['ci', '--no-audit', '--no-fund'], options);
  const code = await new Promise((resolve) => child.once('error', () => resolve(1)).once('close', resolve));
  if (code !== 0) {
    throw new SetupError('setup: npm ci failed (see above)\n  next:     check the network and run it again');
  }
}

/** As sdk/images/files.ts decides it. */
function cacheFolder() {
  const { GUESTWRIGHT_CACHE, XDG_CACHE_HOME } = process.env;
  if (GUESTWRIGHT_CACHE) return GUESTWRIGHT_CACHE;
  return XDG_CACHE_HOME ? join(XDG_CACHE_HOME, 'guestwright') : join(homedir(), '.cache', 'guestwright');
}

function canRun(command) {
  return (process.env.PATH ?? '').split(':').some((folder) => folder !== '' && existsSync(join(folder, command)));
}

/** Runs a command and returns its exit code; `log`: its output goes to the error output. */
function run(command, args, { cwd, quiet = false, log = false, shell = false } = {}) {
  const output = quiet ? 'ignore' : log ? 2 : 'inherit';
  return spawnSync(command, args, { cwd, shell, stdio: ['ignore', output, quiet ? 'ignore' : 'inherit'] }).status ?? 1;
}
