import { Command } from 'commander';
import type { ImageListing } from '../../sdk/images/index.js';

/** Loaded when asked for: help must answer at once. */
const loadImages = () => import('../../sdk/images/index.js');

const report = (message: string) => void process.stderr.write(`${message}\n`);

export function imagesCommand(): Command {
  return new Command('images')
    .description('build, find and exchange the images that guests boot from')
    .addHelpText('after', AFTER_HELP)
    .addCommand(listCommand())
    .addCommand(buildCommand())
    .addCommand(pathCommand())
    .addCommand(removeCommand())
    .addCommand(exportCommand())
    .addCommand(importCommand());
}

const AFTER_HELP = `
Images are built on this machine from Debian packages, without root (debian-live-installer alone needs it), and kept
in a cache (GUESTWRIGHT_CACHE, else the user's cache folder). images.lock in the project pins packages and bytes:
commit it.

Examples:
  guestwright images list
  guestwright images build linux-busybox
  guestwright images import my-os ./my-os.iso --sha256 <digest>    then use it as my-os:cdrom`;

function listCommand(): Command {
  return new Command('list')
    .description('list the images, their parts, and whether they are in the cache')
    .option('--json', 'print the list as JSON')
    .action(async ({ json }: { json?: true }) => {
      const { listImages } = await loadImages();
      const images = await listImages();
      process.stdout.write(json ? `${JSON.stringify(images, null, 2)}\n` : images.map(paragraph).join('\n'));
    });
}

function paragraph(image: ImageListing): string {
  const size = image.size === null ? '' : `, ${(image.size / 1e6).toFixed(1)} MB`;
  const state = image.cached ? `in the cache${size}` : image.source === 'recipe' ? 'not built yet' : 'not here';
  return [
    `${image.name}  (${state}${image.locked ? ', pinned in images.lock' : ''})`,
    `  ${image.description}`,
    `  parts: ${image.parts.map((part) => `${image.name}:${part}`).join(', ')}`,
    ...madeOf(image.packages),
    '',
  ].join('\n');
}

/** More packages than this are counted, not listed: images.lock has them. */
const MOST_LISTED = 30;

function madeOf(packages: readonly string[]): string[] {
  if (packages.length > MOST_LISTED) return [`  made of ${packages.length} packages, see images.lock`];
  return packages.map((one) => `  made of ${one}`);
}

function buildCommand(): Command {
  return new Command('build')
    .description('build images of the catalogue, unless they are in the cache')
    .argument('<name...>', 'images, as in `guestwright images list`')
    .option('--accept', "take the archive's newest packages and update images.lock")
    .option('--rebuild', 'build even if the cache has it')
    .addHelpText(
      'after',
      `
When the archive no longer has the packages that images.lock pins, the build fails and says what it has instead;
--accept takes that. Goldens and state hashes made with the old image then have to be made again.`,
    )
    .action(async (names: string[], { accept, rebuild }: { accept?: true; rebuild?: true }) => {
      const { buildImage, imagePath } = await loadImages();
      for (const name of names) {
        await buildImage(name, { accept, rebuild, onProgress: report });
        process.stdout.write(`${(await imagePath(name)).join('\n')}\n`);
      }
    });
}

function pathCommand(): Command {
  return new Command('path')
    .description("print where an image's part is in the cache (of an image without a part: all of them)")
    .argument('<ref>', '`image:part`, for example grub-rescue:floppy, or `image`')
    .action(async (ref: string) => {
      const { imagePath } = await loadImages();
      process.stdout.write(`${(await imagePath(ref)).join('\n')}\n`);
    });
}

function removeCommand(): Command {
  return new Command('rm')
    .description('remove images from the cache')
    .argument('<name...>', 'images, as in `guestwright images list`')
    .option('--unlock', 'remove them from images.lock too')
    .action(async (names: string[], { unlock }: { unlock?: true }) => {
      const { removeImage } = await loadImages();
      for (const name of names) {
        const { removed } = await removeImage(name, { unlock });
        process.stdout.write(`${name}: ${removed ? 'removed from the cache' : 'was not in the cache'}\n`);
      }
    });
}

function exportCommand(): Command {
  return new Command('export')
    .description('write an image into one file, for a machine that cannot build it')
    .argument('<name>', 'an image, as in `guestwright images list`')
    .argument('<file>', 'the file to write; it must not be there yet')
    .action(async (name: string, file: string) => {
      const { exportImage } = await loadImages();
      const { size } = await exportImage(name, file, { onProgress: report });
      process.stdout.write(`${file}: ${(size / 1e6).toFixed(1)} MB\n`);
    });
}

function importCommand(): Command {
  return new Command('import')
    .description('take an exported image, or a bootable file of your own, into the cache')
    .argument('<name>', 'the name that scenarios use')
    .argument('<file>', 'a file written by `guestwright images export`, or an ISO, floppy or disk image')
    .option('--sha256 <digest>', 'the digest that the file must have')
    .option('--part <part>', 'what the file is: cdrom, floppy, disk, kernel, … (guessed if left out)')
    .option('--accept', 'replace what images.lock says of this image')
    .addHelpText(
      'after',
      `
The digest is needed once; from then on images.lock holds it.

Example:
  guestwright images import my-os ./my-os.iso --sha256 <digest>    then use it as my-os:cdrom`,
    )
    .action(async (name: string, file: string, options: { sha256?: string; part?: string; accept?: true }) => {
      const { importImage } = await loadImages();
      const { parts } = await importImage(name, file, options);
      process.stdout.write(`${parts.map((part) => `${name}:${part}`).join('\n')}\n`);
    });
}
