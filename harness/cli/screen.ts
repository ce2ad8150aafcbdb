import { Command, InvalidArgumentError } from 'commander';
import type { Region } from '../../sdk/screen/content.js';
import { EXIT } from './exit.js';
import { readCommand } from './screen/read.js';

export function screenCommand(): Command {
  return new Command('screen')
    .description('look at pictures of screens')
    .addHelpText('after', AFTER_HELP)
    .addCommand(readCommand())
    .addCommand(diffCommand());
}

const AFTER_HELP = `
Examples:
  guestwright screen read seen.png
  guestwright screen diff golden-screens/tiny/boot/menu.png seen.png
  guestwright screen diff before.png after.png --mask 0,0,720,16 --output diff.png`;

interface DiffOptions {
  threshold?: number;
  mask: Region[];
  output?: string;
}

function diffCommand(): Command {
  return new Command('diff')
    .description('compare two pictures of a screen, as toMatchGolden does')
    .argument('<expected>', 'a PNG; the .txt beside it is compared too, where both have one')
    .argument('<actual>', 'a PNG')
    .option(
      '--threshold <number>',
      'how far a colour may be off, 0 to 1 (default: 0 for text screens, else 0.2)',
      share,
    )
    .option('--mask <x,y,width,height>', 'a part that does not count; may be given several times', addMask, [])
    .option('-o, --output <file>', 'write a picture of the differences')
    .addHelpText('after', AFTER_DIFF)
    .action(async (expected: string, actual: string, options: DiffOptions) => {
      const { diffScreens, wordDiff } = await import('./screen/diff.js');
      const { threshold, mask: masks, output } = options;
      const diff = await diffScreens(expected, actual, { threshold, masks, output });
      process.stdout.write(wordDiff(diff, output));
      process.exitCode = diff.same ? EXIT.passed : EXIT.failed;
    });
}

const AFTER_DIFF = `
Ends with 0 when they are the same, with 1 when they differ, with 2 when they cannot be compared.

Examples:
  guestwright screen diff golden-screens/tiny/boot/menu.png seen.png
  guestwright screen diff before.png after.png --mask 0,0,720,16 --mask 0,384,720,16
  guestwright screen diff before.png after.png --threshold 0.1 --output diff.png`;

function share(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1)) throw new InvalidArgumentError('A number from 0 to 1.');
  return value;
}

function addMask(text: string, masks: Region[]): Region[] {
  const [x, y, width, height, ...more] = text
    .split(',')
    .map((part) => (/^\d+$/.test(part.trim()) ? Number(part) : NaN));
  const whole = [x, y, width, height].every((value) => value !== undefined && !Number.isNaN(value));
  if (!whole || more.length > 0 || width === 0 || height === 0) {
    throw new InvalidArgumentError('Four whole numbers, as in 0,0,720,16: x, y, width, height.');
  }
  return [...masks, { x: x ?? 0, y: y ?? 0, width: width ?? 0, height: height ?? 0 }];
}
