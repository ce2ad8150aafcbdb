/** Disk images with real file systems in them, and `guestwright disk` run on copies of these in a folder of a user's. */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { copyFile, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import {
  haveTools,
  makeRawDisk,
  toDynamicVhd,
  type PlacedPartition,
} from '../../../sdk/disks/mount/test-images.test.helper.js';
import { UserFolder, type Ran } from '../../e2e/command-line.js';

/** Whether there are the tools. */
export const here =
  existsSync('/dev/fuse') &&
  (await haveTools(
    ...['qemu-storage-daemon', 'qemu-img', 'fusermount3', 'fuse2fs', 'ntfs-3g', 'mkntfs', 'mkfs.vfat', 'mkfs.ext4'],
    ...['mcopy', 'debugfs', 'e2fsck', 'fsck.fat', 'ntfscat'],
  ));

/** Folder of the images that tests copy. */
export let images = '';
export let twoParts: PlacedPartition[] = [];
export let user: UserFolder;

beforeAll(async () => {
  if (!here) return;
  images = await mkdtemp(join(tmpdir(), 'guestwright-images-'));
  user = await UserFolder.empty();
  twoParts = await makeRawDisk(join(images, 'two.raw'), images, ['fat16', 'ext4']);
  toDynamicVhd(join(images, 'two.raw'), join(images, 'two.vhd'));
  await makeRawDisk(join(images, 'ntfs.raw'), images, ['ntfs']);
}, 120_000);

afterAll(async () => {
  if (!here) return;
  rmSync(images, { recursive: true, force: true });
  await user[Symbol.asyncDispose]();
});

export const disk = async (...args: string[]): Promise<Ran> =>
  await user.run(['disk', ...args], { GUESTWRIGHT_CACHE: join(user.path, 'cache') });

export const path = (name: string) => join(user.path, name);

export async function fresh(name: string, as: string): Promise<string> {
  await copyFile(join(images, name), path(as));
  return as;
}

/** What is still mounted or running of ours. */
export function left(): string[] {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .filter((line) => line.includes(user.path));
  const processes = readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(user.path);
    } catch {
      return false;
    }
  });
  return [...mounts, ...processes.map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '))];
}

/** The record of the only mount. */
export function recordFile(): string {
  const [folder] = readdirSync(path('cache/mounts')).filter((name) => /^[0-9a-f]{16}$/.test(name));
  return join(path('cache/mounts'), folder ?? '', 'record.json');
}

export const text = 'written through the mount\n';
