import { Command, InvalidArgumentError } from 'commander';
import { EXIT } from './exit.js';

export function replayCommand(): Command {
  return new Command('replay')
    .description('run a recording again, exactly, and stop it at any guest time')
    .argument('<recording>', 'the folder that a machine with `record: true` left')
    .option('--until <ms>', 'stop at this guest time, and print what the screen shows then', guestTime)
    .option('-o, --output <png>', 'write a picture of the screen where it stopped')
    .addHelpText('after', AFTER_HELP)
    .action(async (folder: string, options: { until?: number; output?: string }) => {
      const { replay } = await import('./replay/replay.js');
      const same = await replay(folder, options);
      process.exitCode = same ? EXIT.passed : EXIT.failed;
    });
}

function guestTime(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text.trim()) || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError('A whole number of guest ms, 0 or more.');
  }
  return value;
}

const AFTER_HELP = `
On the way, every screen and every hash of the memory that the recording holds is compared.

Ends with 0 when the replay was the same all the way, with 1 when it was not (the first difference is named), with 2 when
it cannot be replayed here (damaged, another QEMU, other media), with 3 when QEMU or this host failed.

Examples:
  guestwright replay test-results/boots/machine.recording
  guestwright replay test-results/boots/machine.recording --until 12500 -o seen.png`;
