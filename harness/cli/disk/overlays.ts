import { Command } from 'commander';
import { longWork } from './long-work.js';
import { parentsOption, print } from './options.js';
import { wordChain } from './words.js';

const loadDisks = () => import('../../../sdk/disks/index.js');

interface OverlayOptions {
  parent: string[];
  yes?: true;
}

export function chainCommand(): Command {
  return new Command('chain')
    .description('show the images that a disk is made of, the one that is written to first')
    .argument('<file>', 'an image')
    .addOption(parentsOption())
    .option('--json', 'print them as JSON')
    .action(async (file: string, { parent, json }: OverlayOptions & { json?: true }) => {
      const { diskChain, diskInfo } = await loadDisks();
      const links = diskChain(file, { parents: parent }).map(({ path }) => diskInfo(path));
      print(json ? JSON.stringify(links, null, 2) : wordChain(links));
    });
}

export function mergeCommand(): Command {
  return new Command('merge')
    .description('write what an overlay holds into the image below it; the overlay is empty then')
    .argument('<overlay>', 'a differencing VHD, or a qcow2 image with a backing file')
    .addOption(parentsOption())
    .option('--yes', 'also when other images in the folder lie on what is written to: they are broken by it')
    .addHelpText('after', '\nCut short it has only begun: run it again.')
    .action(async (file: string, { parent, yes }: OverlayOptions) => {
      const { mergeOverlay } = await loadDisks();
      await longWork('it has only begun; run it again', async (context) => {
        const into = await mergeOverlay(file, { ...context, parents: parent, breakChildren: yes });
        print(`${file}: merged into ${into}, and empty now`);
      });
    });
}

export function discardCommand(): Command {
  return new Command('discard')
    .description('forget what an overlay holds: it reads as the image below it')
    .argument('<overlay>', 'a differencing VHD, or a qcow2 image with a backing file')
    .addOption(parentsOption())
    .option('--yes', 'also when other images in the folder lie on it: they are broken by it')
    .action(async (file: string, { parent, yes }: OverlayOptions) => {
      const { discardOverlay } = await loadDisks();
      await longWork(`${file} is as it was`, async ({ signal }) => {
        const on = await discardOverlay(file, { signal, parents: parent, breakChildren: yes });
        print(`${file}: empty; it reads as ${on}`);
      });
    });
}
