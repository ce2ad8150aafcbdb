import { Command, InvalidArgumentError, Option } from 'commander';

export function openCommand(): Command {
  return new Command('open')
    .description('boot a machine and use it in this terminal; leave with Ctrl-]')
    .argument(
      '<image or guest>',
      'an image (grub-rescue:floppy), a guest of the project, a spec (.json) or an image file',
    )
    .addOption(new Option('--as <medium>', 'what an image file is').choices(['floppy', 'cdrom', 'disk']))
    .option('--memory <MB>', 'main memory of the machine', megabytes)
    .option('--serial', 'show the first serial port instead of the screen')
    .addHelpText('after', AFTER_HELP)
    .action(async (target: string, options: { as?: 'floppy' | 'cdrom' | 'disk'; memory?: number; serial?: true }) => {
      const { openMachine } = await import('./open/open.js');
      process.exitCode = await openMachine(target, options, process.cwd());
    });
}

const AFTER_HELP = `
The machine runs in step with the clock on the wall. Its screen is shown as text; a graphic mode as coarse blocks. What
the guest writes to its disks is kept in memory and gone afterwards, unless the guest's spec names an overlay.

Examples:
  guestwright open grub-rescue:floppy
  guestwright open linux-busybox --serial
  guestwright open ./my-disk.img --as disk --memory 128
  guestwright open my-guest            a guest of this project's playwright.config.ts

Keys: everything goes to the guest but Ctrl-]. A terminal cannot tell every chord apart.`;

function megabytes(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 4) throw new InvalidArgumentError('It is a whole number of MB, 4 or more.');
  return value;
}
