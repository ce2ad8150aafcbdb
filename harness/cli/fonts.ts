import { Command, InvalidArgumentError } from 'commander';
import type { FontGroupListing } from '../../sdk/reading/fonts/index.js';
import type { LearnOptions } from './fonts/learn.js';

/** Loaded when asked for: help must answer at once. */
const loadFontsModule = () => import('../../sdk/reading/fonts/index.js');

const report = (message: string) => void process.stderr.write(`${message}\n`);

export function fontsCommand(): Command {
  return new Command('fonts')
    .description('make and learn the fonts that screens are read with, pixel by pixel')
    .addHelpText('after', AFTER_HELP)
    .addCommand(listCommand())
    .addCommand(buildCommand())
    .addCommand(learnCommand())
    .addCommand(pathCommand());
}

const AFTER_HELP = `
Fonts are made on this machine of Debian packages, or of what is installed where that gives the same, and kept in a
cache. images.lock in the project pins them: commit it. What reads a screen makes those that it needs by itself.

Examples:
  guestwright fonts list
  guestwright fonts build unifont-16
  guestwright fonts learn my-guest --until "login:"`;

function listCommand(): Command {
  return new Command('list')
    .description('list the fonts, what they are of, and whether they are in the cache')
    .option('--json', 'print the list as JSON')
    .action(async ({ json }: { json?: true }) => {
      const { listFonts } = await loadFontsModule();
      const groups = await listFonts();
      process.stdout.write(json ? `${JSON.stringify(groups, null, 2)}\n` : groups.map(paragraph).join('\n'));
    });
}

function paragraph(group: FontGroupListing): string {
  const size = group.size === null ? '' : `, ${Math.ceil(group.size / 1e3)} kB`;
  const state = group.cached ? `in the cache${size}` : 'not made yet';
  const width = Math.max(...group.fonts.map(({ name }) => name.length));
  return [
    `${group.name}  (${state}${group.locked ? ', pinned in images.lock' : ''})`,
    `  ${group.description}`,
    ...group.fonts.map(
      ({ name, description, isDefault }) => `  ${isDefault ? '*' : ' '} ${name.padEnd(width)}  ${description}`,
    ),
    ...group.packages.map((one) => `  made of ${one}`),
    '',
  ].join('\n');
}

function buildCommand(): Command {
  return new Command('build')
    .description('make fonts of the catalogue, unless they are in the cache; without a name the default set (*)')
    .argument('[name...]', 'fonts, or groups of them, as in `guestwright fonts list`')
    .option('--accept', "take the archive's newest packages and update images.lock")
    .option('--rebuild', 'make them even if the cache has them')
    .action(async (names: string[], { accept, rebuild }: { accept?: true; rebuild?: true }) => {
      const { buildFonts, DEFAULT_FONTS } = await loadFontsModule();
      const paths = new Set<string>();
      for (const name of names.length === 0 ? DEFAULT_FONTS : names) {
        for (const path of await buildFonts(name, { accept, rebuild, onProgress: report })) paths.add(path);
      }
      process.stdout.write(`${[...paths].join('\n')}\n`);
    });
}

function pathCommand(): Command {
  return new Command('path')
    .description('print where a font is in the cache; it is made first if need be')
    .argument('<name>', 'a font, as in `guestwright fonts list`')
    .action(async (name: string) => {
      const { fontPath } = await loadFontsModule();
      process.stdout.write(`${await fontPath(name, { onProgress: report })}\n`);
    });
}

function learnCommand(): Command {
  return new Command('learn')
    .description("write a guest's own font into a file: out of its text mode, of a font file, or of a picture")
    .argument(
      '<guest>',
      'a guest of the project, an image, a spec (.json) or an image file; the font is named after it',
    )
    .option('--until <text>', 'boot until the screen shows this: a font is often loaded late')
    .option('--timeout <s>', 'guest seconds to wait, default 180', seconds)
    .option('--psf <file>', 'take this PC Screen Font (.psf, .psf.gz) and boot nothing')
    .option('--screen <png>', 'take the glyphs from this picture of a console and boot nothing; needs --text')
    .option('--text <file>', 'what stands in the picture: a line for each row, a character for each cell')
    .option('--cell <WxH>', 'size of a cell in the picture, for example 8x16; found out if left out', cellSize)
    .option('--output <file>', 'where to write it; default fonts/<guest>.font')
    .addHelpText('after', LEARN_HELP)
    .action(async (guest: string, options: LearnOptions) => {
      const { learn } = await import('./fonts/learn.js');
      process.stdout.write(`${await learn(guest, options, process.cwd())}\n`);
    });
}

const LEARN_HELP = `
A text mode tells its font. A graphic screen does not: give the font file that the guest loads, or a picture of a screen
whose text you know; only the characters on it are learned then.

The file is used when the guest's spec names it:
  spec: { cdrom: './my-os.iso', fonts: ['fonts/my-guest.font'] }

Examples:
  guestwright fonts learn my-guest --until "login:"
  guestwright fonts learn my-guest --psf ./Lat15-Terminus16.psf.gz
  guestwright fonts learn my-guest --screen console.png --text console.txt --cell 8x16`;

function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('It is a number of seconds, more than 0.');
  return value;
}

function cellSize(text: string): { width: number; height: number } {
  const match = /^(\d{1,2})x(\d{1,2})$/.exec(text);
  if (match === null) throw new InvalidArgumentError('It is a width and a height in pixels, for example 8x16.');
  return { width: Number(match[1]), height: Number(match[2]) };
}
