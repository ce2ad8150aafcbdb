/** What is said when an image cannot be mounted, unmounted or written. */
import { GuestwrightError } from '../../errors.js';
import type { Opener } from './processes.js';
import type { MountRecord } from './record.js';

export function toolMissing(tool: string, debianPackage: string, what: string): GuestwrightError {
  return new GuestwrightError(`${tool} is not here, which ${what}`, {
    kind: 'infrastructure',
    code: 'tool-missing',
    expected: `${tool} in PATH`,
    seen: 'no such program',
    next: `sudo apt-get install ${debianPackage}`,
  });
}

export function noFuse(seen: string): GuestwrightError {
  return new GuestwrightError('File systems cannot be mounted here', {
    kind: 'infrastructure',
    code: 'fuse-missing',
    expected: '/dev/fuse, which this user may read and write',
    seen,
    next:
      'On a host: `sudo modprobe fuse`, and rights as Debian has them: `sudo chmod 666 /dev/fuse`. ' +
      'In a container: start it with `--device /dev/fuse --cap-add SYS_ADMIN`.',
  });
}

export function ntfsNeedsAllowOther(): GuestwrightError {
  return new GuestwrightError('An ordinary user cannot mount NTFS here', {
    kind: 'infrastructure',
    code: 'fuse-allow-other',
    expected:
      'the line user_allow_other in /etc/fuse.conf: ntfs-3g runs as root, and FUSE shows a user’s files to nobody else',
    seen: 'no such line',
    next: 'echo user_allow_other | sudo tee -a /etc/fuse.conf; or run it as root',
  });
}

export function mountFailed(summary: string, seen: string, cause?: unknown): GuestwrightError {
  return new GuestwrightError(
    summary,
    {
      kind: 'infrastructure',
      code: 'mount-failed',
      expected: 'an image, and file systems in it, that are whole',
      seen,
      next: 'Check the file system with its own tool (fsck) on a copy, or mount another partition with --partition. Nothing was left mounted.',
    },
    { cause },
  );
}

export function nothingToMount(image: string, seen: string): GuestwrightError {
  return new GuestwrightError(`There is nothing in ${image} that can be mounted`, {
    kind: 'usage',
    code: 'file-system-unsupported',
    expected: 'a partition with FAT, ext2, ext3, ext4, NTFS or ISO 9660',
    seen,
    next: 'List what is on it: `guestwright disk ls IMAGE`.',
  });
}

export function noSuchPartition(image: string, wanted: number, there: readonly number[]): GuestwrightError {
  return new GuestwrightError(`${image} has no partition ${wanted}`, {
    kind: 'usage',
    code: 'partition-missing',
    expected: there.length === 0 ? 'no number: the disk has no partitions' : `one of ${there.join(', ')}`,
    seen: String(wanted),
    next: 'List what is on it: `guestwright disk ls IMAGE`.',
  });
}

export function folderNotFree(at: string, seen: string): GuestwrightError {
  return new GuestwrightError(`${at} cannot be mounted on`, {
    kind: 'usage',
    code: 'folder-not-free',
    expected: 'an empty folder of yours, or none of that name in a folder that is there',
    seen,
    next: 'Give another folder.',
  });
}

/** @param where its mount's folder, for the next step */
export function alreadyMounted({ image, at, created }: MountRecord): GuestwrightError {
  return new GuestwrightError(`${image} is mounted`, {
    kind: 'usage',
    code: 'disk-mounted',
    expected: 'an image that is not',
    seen: `mounted at ${at ?? '(a command that copies files)'} since ${created}`,
    next: `guestwright disk unmount ${at ?? image}, with --commit or --discard`,
  });
}

export function commitUnfinished({ image }: MountRecord): GuestwrightError {
  return new GuestwrightError(`A commit into ${image} was interrupted: part of it is in the image`, {
    kind: 'usage',
    code: 'commit-unfinished',
    expected: 'an image that is whole',
    seen: 'what was written is still kept beside it',
    next: `Finish it, which can be repeated: guestwright disk unmount --commit ${image}`,
  });
}

export function diskBusy(image: string, who: string): GuestwrightError {
  return new GuestwrightError(`${image} is in use`, {
    kind: 'usage',
    code: 'disk-in-use',
    expected: 'an image that no machine and no other command has open',
    seen: who,
    next: 'Power the machine off or wait for the command, then try again.',
  });
}

export function wordOpeners(openers: readonly Opener[]): string {
  return openers
    .map(({ pid, name, writes }) => `${name} (process ${pid}) has it open${writes ? ' for writing' : ''}`)
    .join('\n');
}

export function notMounted(what: string): GuestwrightError {
  return new GuestwrightError(`${what} is not mounted`, {
    kind: 'usage',
    code: 'disk-not-mounted',
    expected: 'an image that `guestwright disk mount` mounted, or its folder',
    seen: 'no mount of that name',
    next: 'List them: `guestwright disk mounts`.',
  });
}

export function chooseEnd({ image, at }: MountRecord): GuestwrightError {
  const where = at ?? image;
  return new GuestwrightError(`Something was written to what is mounted at ${where}`, {
    kind: 'usage',
    code: 'unmount-how',
    expected: '--commit, to write it into the image, or --discard, to throw it away',
    seen: 'neither',
    next: `guestwright disk unmount --commit ${where}, or guestwright disk unmount --discard ${where}`,
  });
}

export function mountBusy(at: string, seen: string): GuestwrightError {
  return new GuestwrightError(`${at} is in use`, {
    kind: 'usage',
    code: 'mount-busy',
    expected: 'no program that has a file in it open, or works in it',
    seen,
    next: 'Close what uses it (a shell in that folder?), then unmount again. Everything is still there.',
  });
}

export function mountBroken({ image, at }: MountRecord, died: string): GuestwrightError {
  return new GuestwrightError(`What was written to ${image} is not whole, and is not committed`, {
    kind: 'infrastructure',
    code: 'mount-broken',
    expected: 'the processes of the mount to have run until it was unmounted',
    seen: died,
    next: `guestwright disk unmount --discard ${at ?? image}; the image itself is as it was`,
  });
}

export function imageChanged({ image, at }: MountRecord, seen: string): GuestwrightError {
  return new GuestwrightError(`${image} was changed while it was mounted`, {
    kind: 'usage',
    code: 'image-changed',
    expected: 'the file that was mounted, unchanged: what was written belongs to it and to no other',
    seen,
    next: `guestwright disk unmount --discard ${at ?? image}, or bring the file back as it was`,
  });
}

export function stillRunning(what: string): GuestwrightError {
  return new GuestwrightError(`${what} does not end`, {
    kind: 'infrastructure',
    code: 'mount-stuck',
    expected: 'it to write what it has and to end',
    seen: 'it still runs after a minute',
    next: 'Look at the free space and the load of the host, then unmount again.',
  });
}
