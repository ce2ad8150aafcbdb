/** QEMU's storage daemon: each partition, under an overlay of its own, as a file that FUSE serves. */
import { readFile, writeFile } from 'node:fs/promises';
import { execa, ExecaError } from 'execa';
import { emptyQcow2 } from '../qcow2.js';
import { mountFailed, toolMissing } from './errors.js';
import type { BlockNode } from './image.js';
import type { FileSystem } from '../partitions/file-systems.js';
import { noteOf, type ProcessNote } from './processes.js';
import type { MountFolder } from './record.js';

export interface Exported {
  fileSystem: FileSystem;
  number: number;
  /** Bytes. */
  offset: number;
  size: number;
}

interface DaemonOptions {
  folder: MountFolder;
  /** The whole disk. It is never written. */
  base: BlockNode;
  partitions: readonly Exported[];
  writable: boolean;
}

/**
 * Returns when every partition's file is there. Everything written goes to the overlays.
 * @throws GuestwrightError `infrastructure/tool-missing`, `infrastructure/mount-failed`; nothing runs then
 */
export async function startDaemon({ folder, base, partitions, writable }: DaemonOptions): Promise<ProcessNote> {
  const args = ['--blockdev', JSON.stringify({ ...base, 'node-name': 'base', 'read-only': true })];
  for (const partition of partitions) {
    const { number, size } = partition;
    await writeFile(folder.exported(number), '', { mode: 0o600 });
    if (writable) await writeFile(folder.overlay(number), emptyQcow2(size), { mode: 0o600 });
    args.push(...partitionArguments(folder, partition, writable));
  }
  return await start(folder, args);
}

/** An image whole, written through if it is written: how formats that are not ours are read and committed into. */
export async function startWhole(folder: MountFolder, image: BlockNode, writable: boolean): Promise<ProcessNote> {
  await writeFile(folder.exported(WHOLE), '', { mode: 0o600 });
  const node = { ...image, 'node-name': 'image', 'read-only': !writable };
  const args = [
    '--blockdev',
    JSON.stringify(node),
    '--export',
    exportOf('image', folder.exported(WHOLE), { writable, allowOther: 'off' }),
  ];
  return await start(folder, args);
}

/** What stands for a partition's number where a whole disk is exported, whatever is on it. */
export const WHOLE = 'whole';

function partitionArguments(
  folder: MountFolder,
  { number, offset, size, fileSystem }: Exported,
  writable: boolean,
): string[] {
  const below = `below-${number}`;
  const slice = { driver: 'raw', 'node-name': below, 'read-only': true, offset, size, file: 'base' };
  const node = `partition-${number}`;
  const overlay = {
    driver: 'qcow2',
    'node-name': node,
    file: { driver: 'file', filename: folder.overlay(number) },
    backing: below,
  };
  return [
    '--blockdev',
    JSON.stringify(slice),
    ...(writable ? ['--blockdev', JSON.stringify(overlay)] : []),
    '--export',
    exportOf(writable ? node : below, folder.exported(number), {
      writable,
      allowOther: fileSystem === 'ntfs' ? 'auto' : 'off',
    }),
  ];
}

interface ExportOptions {
  writable: boolean;
  /** ntfs-3g is root's whoever starts it, and FUSE shows a user's files to nobody else, root included. */
  allowOther: 'auto' | 'off';
}

function exportOf(node: string, mountpoint: string, { writable, allowOther }: ExportOptions): string {
  const file = { id: `export-${node}`, 'node-name': node, mountpoint };
  return JSON.stringify({ type: 'fuse', ...file, writable, 'allow-other': allowOther });
}

async function start(folder: MountFolder, args: readonly string[]): Promise<ProcessNote> {
  try {
    await execa('qemu-storage-daemon', [...args, '--daemonize', '--pidfile', folder.pidFile], {
      cwd: folder.path,
      env: { LC_ALL: 'C', GUESTWRIGHT_RUN_ID: `mount-${folder.key}` },
      stdin: 'ignore',
    });
  } catch (error) {
    if (!(error instanceof ExecaError)) throw error;
    if (error.code === 'ENOENT') throw toolMissing('qemu-storage-daemon', 'qemu-system-common', 'opens the image');
    throw mountFailed(
      'QEMU’s storage daemon could not serve the image',
      String(error.stderr).trim() || error.shortMessage,
      error,
    );
  }
  const note = noteOf(Number(await readFile(folder.pidFile, 'utf8')));
  if (note === null) throw mountFailed('QEMU’s storage daemon could not serve the image', 'it ended at once');
  return note;
}
