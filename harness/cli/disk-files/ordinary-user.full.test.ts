/** The same commands as an ordinary user: with the rights that Debian gives /dev/fuse, in a mount namespace of its own. */
import { chmodSync, chownSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { haveTools, makeRawDisk, toDynamicVhd } from '../../../sdk/disks/mount/test-images.test.helper.js';
import { PACKAGE } from '../../e2e/command-line.js';

const NOBODY = 65_534;
const MAIN = join(PACKAGE, 'dist/harness/cli/main.js');
const isRoot = process.getuid?.() === 0;
const here =
  isRoot &&
  (await haveTools('unshare', 'setpriv', 'qemu-storage-daemon', 'fusermount3', 'fuse2fs', 'mkfs.vfat', 'mkfs.ext4')) &&
  (await execa('unshare', ['-m', 'mount', '--bind', '/dev/null', '/dev/null'], { reject: false })).exitCode === 0 &&
  (
    await execa('setpriv', [`--reuid=${NOBODY}`, '--clear-groups', process.execPath, MAIN, '--version'], {
      reject: false,
    })
  ).exitCode === 0;

const SCRIPT = `
set -e
folder="$1"; shift
mknod -m 666 "$folder/fuse" c 10 229
mount --bind "$folder/fuse" /dev/fuse
cd "$folder/home"
exec setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups sh -e -c '
  disk() { "$NODE" "$MAIN" disk "$@"; }
  disk mount disk.vhd m
  echo text > m/1/file; echo text > m/2/file
  disk unmount --commit m
  disk cat disk.vhd:1/file; disk cat disk.vhd:2/file
  disk put file disk.vhd:2/put; disk cat disk.vhd:2/put
  disk mounts
  grep "$PWD" /proc/self/mounts || true
'`;

test.skipIf(!here)('an ordinary user mounts, writes and commits FAT and ext4', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'guestwright-nobody-'));
  try {
    chmodSync(folder, 0o755);
    await makeRawDisk(join(folder, 'disk.raw'), folder, ['fat16', 'ext4']);
    toDynamicVhd(join(folder, 'disk.raw'), join(folder, 'disk.vhd'));
    const home = join(folder, 'home');
    await execa('mkdir', [home]);
    copyFileSync(join(folder, 'disk.vhd'), join(home, 'disk.vhd'));
    writeFileSync(join(home, 'file'), 'put\n');
    for (const path of [home, join(home, 'disk.vhd')]) chownSync(path, NOBODY, NOBODY);
    const before = readFileSync(join(home, 'disk.vhd'));
    const env = { HOME: home, GUESTWRIGHT_CACHE: join(home, 'cache'), NODE: process.execPath, MAIN };
    const { stdout } = await execa('unshare', ['-m', 'sh', '-c', SCRIPT, 'sh', folder], { env });
    expect(stdout.split('\n').slice(3)).toEqual(['text', 'text', 'disk.vhd: /put', 'put', 'Nothing is mounted.']);
    expect(before.equals(readFileSync(join(home, 'disk.vhd')))).toBe(false);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
