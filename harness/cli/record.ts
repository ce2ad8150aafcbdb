import { Command, Option } from 'commander';

export interface RecordOptions {
  output?: string;
  engine?: 'v86' | 'qemu';
  memory?: string;
  title?: string;
  as?: 'floppy' | 'cdrom' | 'disk';
  port?: string;
  force?: true;
  open?: false;
}

export function recordCommand(): Command {
  return new Command('record')
    .description('make a scenario by using the machine, in a page of the browser')
    .argument('<guest>', 'a guest of the project, an image (grub-rescue:floppy), a spec (.json) or an image file')
    .option('-o, --output <file>', 'the scenario, *.spec.ts (default: scenarios/recorded-<guest>.spec.ts)')
    .addOption(
      new Option('--engine <name>', "what the machine runs on (default: the guest's)").choices(['v86', 'qemu']),
    )
    .option('--memory <MB>', 'main memory of the machine')
    .option('--title <words>', 'title of the test')
    .addOption(new Option('--as <medium>', 'what an image file is').choices(['floppy', 'cdrom', 'disk']))
    .option('--port <port>', 'port on the loopback interface (default: any that is free)')
    .option('--force', 'overwrite a scenario that is there')
    .option('--no-open', 'only say the address of the page, start no browser')
    .addHelpText('after', AFTER_HELP)
    .action(async (guest: string, options: RecordOptions) => {
      const { record } = await import('./record/record.js');
      process.exitCode = await record(guest, options, process.cwd());
    });
}

const AFTER_HELP = `
The page shows the machine's screen: keys and pointer go to it, and what you do is written into the scenario as you do it.
Before each step it puts a wait for the text that had appeared. Draw a rectangle to expect a picture or a text; "Undo" takes the
machine and the scenario back to before a step. "Finish", or Ctrl-C here, ends it.

Examples:
  guestwright record grub-rescue -o scenarios/menu.spec.ts
  guestwright record linux-busybox --memory 128 --title "the shell answers"`;
