import { resolve } from 'node:path';
import { Command } from 'commander';

export function initCommand(): Command {
  return new Command('init')
    .description('write a small project: a configuration and a first scenario')
    .argument('[folder]', 'where; it is made when it is not there', '.')
    .addHelpText('after', AFTER_HELP)
    .action(async (folder: string) => {
      const [{ initProject }, { wordInit }] = await Promise.all([import('./init/init.js'), import('./init/words.js')]);
      const result = await initProject(resolve(folder));
      process.stdout.write(wordInit(result, folder));
    });
}

const AFTER_HELP = `
Never overwrites: files that are there already are left alone and listed.

Examples:
  guestwright init           in this folder
  guestwright init machines  in a folder of its own`;
