import { Command } from 'commander';
import { GuestwrightError } from '../../../sdk/errors.js';
import { size as wordSize } from '../store.js';
import { longWork } from './long-work.js';
import { formatOption, parentsOption, parseDiskSize, print, typeOption, type Format } from './options.js';
import { wordInfo } from './words.js';

/** Loaded when asked for: help must answer at once. */
const loadDisks = () => import('../../../sdk/disks/index.js');

interface ShapeOptions {
  format?: Format;
  type?: 'fixed' | 'dynamic';
  force?: true;
}

export function createCommand(): Command {
  return new Command('create')
    .description('make an empty disk, or with --parent an overlay, which holds what differs from another disk')
    .argument('<file>', 'the image to make')
    .option(
      '-s, --size <size>',
      'size of the disk: 10GB, 512MiB, or bytes (an overlay has that of its parent)',
      parseDiskSize,
    )
    .addOption(formatOption())
    .addOption(typeOption())
    .option(
      '--parent <file>',
      'the disk below: VHD (a differencing disk is made), qcow2 or raw (qcow2 is), in the same folder',
    )
    .option('--force', 'replace what is there')
    .action(async (file: string, options: ShapeOptions & { size?: number; parent?: string }) => {
      const { createDisk, createOverlay } = await loadDisks();
      const { size, parent, type, force } = options;
      await longWork('nothing was made', async ({ signal }) => {
        if (parent !== undefined) {
          if (size !== undefined || type !== undefined || options.format !== undefined) throw overlayHasAll();
          const { format, size: bytes } = await createOverlay(file, parent, { force, signal });
          print(`${file}: an overlay (${format}) over ${parent}, a disk of ${wordSize(bytes)}`);
          return;
        }
        if (size === undefined) throw sizeMissing();
        const format = options.format ?? (await formatByName(file));
        await createDisk(file, { size, format, type, force, signal });
        print(`${file}: an empty disk of ${wordSize(size)} (${format})`);
      });
    });
}

export function infoCommand(): Command {
  return new Command('info')
    .description('say what an image is: its format, sizes and parent (Virtual Server: inspect)')
    .argument('<file>', 'an image')
    .option('--json', 'print it as JSON')
    .action(async (file: string, { json }: { json?: true }) => {
      const { diskInfo } = await loadDisks();
      const info = diskInfo(file);
      print(json ? JSON.stringify(info, null, 2) : wordInfo(info));
    });
}

export function convertCommand(): Command {
  return new Command('convert')
    .description('write a disk again in another format; of an overlay the whole disk, with all that lies below it')
    .argument('<source>', 'an image, which is only read')
    .argument('<target>', 'the image to write')
    .addOption(formatOption())
    .addOption(typeOption())
    .addOption(parentsOption())
    .option('--force', 'replace what is there')
    .action(async (source: string, target: string, options: ShapeOptions & { parent: string[] }) => {
      const { convertDisk } = await loadDisks();
      const { type, force, parent } = options;
      const format = options.format ?? (await formatByName(target));
      await longWork(`${source} is as it was, and ${target} was not written`, async (context) => {
        const { size } = await convertDisk(source, target, { ...context, format, type, force, parents: parent });
        print(`${target}: a disk of ${wordSize(size)} (${format})`);
      });
    });
}

async function formatByName(file: string): Promise<Format> {
  const { formatOfName } = await loadDisks();
  const format = formatOfName(file);
  if (format !== null) return format;
  throw new GuestwrightError(`The name ${file} does not say which format it is to have`, {
    kind: 'usage',
    code: 'disk-format',
    expected: 'a name that ends in .raw, .img, .vhd, .vhdx, .qcow2 or .vmdk, or --format',
    seen: file,
    next: 'say it: --format vhd',
  });
}

function sizeMissing(): GuestwrightError {
  return new GuestwrightError('How large is the disk to be?', {
    kind: 'usage',
    code: 'disk-size',
    expected: '--size, or --parent for an overlay',
    next: 'say it: --size 10GB',
  });
}

function overlayHasAll(): GuestwrightError {
  return new GuestwrightError('An overlay has the size and the format that go with its parent', {
    kind: 'usage',
    code: 'disk-overlay-options',
    expected: '--parent alone',
    next: 'leave --size, --format and --type out',
  });
}
