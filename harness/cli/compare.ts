import { Command, InvalidArgumentError, Option } from 'commander';
import { IMAGE_DRIVES, type ImageDrive } from '../compare/image-drives.js';

export function compareCommand(): Command {
  return new Command('compare')
    .description('run scenarios on two images, and show side by side where what they do parts')
    .argument('[imageA]', 'what is expected: a file, an image of the catalogue, or a part of one (image:part)')
    .argument('[imageB]', 'what is held against it')
    .argument('[scenario...]', 'scenario files, as for "guestwright run"')
    .addOption(new Option('--drive <drive>', 'where the image goes, if the machine has several').choices(IMAGE_DRIVES))
    .option(
      '--ignore <expression>',
      'what matches is no difference, in texts and output (may be given again)',
      expression,
      [],
    )
    .option('--time-tolerance <percent>', 'by how much the guest time of a step may differ', percent, 25)
    .option('--no-goldens', 'compare with no golden: they are of one image')
    .option('--project <name...>', 'only these projects')
    .option('-o, --output <folder>', 'where the report goes', 'reports/compare')
    .option(
      '--accept <numbers>',
      'without images: take these differences of the last report as right ("all", or "2,5")',
    )
    .addHelpText('after', AFTER_HELP)
    .action(
      async (imageA: string | undefined, imageB: string | undefined, scenarios: string[], options: CompareFlags) => {
        const { accept, compareImages, missingArguments } = await import('./compare/compare.js');
        const cwd = process.cwd();
        if (options.accept !== undefined && imageA === undefined) {
          await accept(options.accept, { cwd, output: options.output });
          return;
        }
        if (options.accept !== undefined || imageA === undefined || imageB === undefined || scenarios.length === 0) {
          throw missingArguments(options.accept !== undefined);
        }
        process.exitCode = await compareImages({ ...options, imageA, imageB, scenarios, cwd });
      },
    );
}

interface CompareFlags {
  drive?: ImageDrive;
  ignore: RegExp[];
  timeTolerance: number;
  goldens: boolean;
  project?: string[];
  output: string;
  accept?: string;
}

function expression(text: string, before: RegExp[]): RegExp[] {
  try {
    return [...before, new RegExp(text, 'gu')];
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

function percent(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError('A number of percent, 0 or more.');
  return value;
}

const AFTER_HELP = `
Every step of the scenario is compared: its outcome, the screen at its end (texts exactly, pictures as goldens are), what the
first serial port said, exit codes, and how much guest time it took (differences of less than half a second never count).
The kernel's time stamps ("[    1.234567]") are never a difference.

What image B is to show from now on is accepted by the numbers of the report, and kept in
golden-screens/accepted-differences.json.

Ends with 0 when all is the same or accepted, with 1 when not, or when the scenario fails on both.

Examples:
  guestwright compare build/old.img build/new.img scenarios/first.spec.ts
  guestwright compare debian-tiny build/mine.img scenarios/boots.spec.ts --drive disk0 --ignore 'uptime: .*'
  guestwright compare --accept 2,5`;
