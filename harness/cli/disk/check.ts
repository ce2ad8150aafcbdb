import { Command } from 'commander';
import { EXIT } from '../exit.js';
import { longWork } from './long-work.js';
import { print } from './options.js';
import { wordCheck } from './words.js';

const loadDisks = () => import('../../../sdk/disks/index.js');

export function checkCommand(): Command {
  return new Command('check')
    .description("look whether an image's own tables hold together; exit code 1 if they do not")
    .argument('<file>', 'an image, which is only read')
    .option('--json', 'print it as JSON')
    .addHelpText('after', "\nWhat is on the disk in it (the guest's file systems) is not looked at.")
    .action(async (file: string, { json }: { json?: true }) => {
      const { checkDisk } = await loadDisks();
      await longWork('nothing was changed', async ({ signal }) => {
        const checked = await checkDisk(file, { signal });
        print(json ? JSON.stringify(checked, null, 2) : wordCheck(file, checked));
        if (checked.findings.length > 0) process.exitCode = EXIT.failed;
      });
    });
}

export function repairCommand(): Command {
  return new Command('repair')
    .description('mend what "check" found, in place; exit code 1 if something is still wrong')
    .argument('<file>', 'an image')
    .option('--lose-data', 'also what can only be mended by dropping what cannot be read any more')
    .option('--json', 'print what is left as JSON')
    .action(async (file: string, { json, loseData = false }: { json?: true; loseData?: boolean }) => {
      const { repairDisk } = await loadDisks();
      await longWork('run it again: it goes on from there', async ({ signal }) => {
        const left = await repairDisk(file, { loseData, signal });
        print(json ? JSON.stringify(left, null, 2) : wordCheck(file, left));
        if (left.findings.length > 0) process.exitCode = EXIT.failed;
      });
    });
}
