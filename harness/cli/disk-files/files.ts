import { Command } from 'commander';
import type { ListedFile } from '../../../sdk/disks/mount/index.js';
import { wordNumber } from './mount.js';

/** Loaded when asked for: help must answer at once. */
const loadMount = () => import('../../../sdk/disks/mount/index.js');

const print = (line: string) => void process.stdout.write(`${line}\n`);

const PLACE = 'IMAGE:PARTITION/PATH, for example disk.vhd:1/etc/hosts; IMAGE:/PATH where there is one file system only';

export function lsCommand(): Command {
  return new Command('ls')
    .description('list the partitions of a disk image, or a folder in one')
    .argument('<place>', `IMAGE, or ${PLACE}`)
    .option('--json', 'print the list as JSON')
    .action(async (text: string, { json }: { json?: true }) => {
      const { parsePlace, listPartitions, listFiles } = await loadMount();
      const place = parsePlace(text);
      if (place.path === null) {
        const partitions = await listPartitions(place.image);
        if (json) print(JSON.stringify(partitions, null, 2));
        for (const { number, size, fileSystem, name } of json ? [] : partitions) {
          print(
            `${wordNumber(number).padEnd(14)} ${size.toString().padStart(14)}  ${fileSystem}  ${visible(name)}`.trimEnd(),
          );
        }
        return;
      }
      const files = await listFiles(place);
      if (json) print(JSON.stringify(files, null, 2));
      for (const file of json ? [] : files) print(wordFile(file));
    });
}

const MARKS = { file: '-', directory: 'd', link: 'l', other: '?' };

function wordFile({ kind, size, modified, name, target }: ListedFile): string {
  const leads = target === undefined ? '' : ` -> ${visible(target)}`;
  return `${MARKS[kind]} ${size.toString().padStart(12)}  ${modified.slice(0, 16).replace('T', ' ')}  ${visible(name)}${leads}`;
}

/** A guest's names can hold what a terminal obeys. */
function visible(name: string): string {
  return /[\p{Cc}\p{Cf}]/u.test(name) ? JSON.stringify(name).replace(/[\p{Cc}\p{Cf}]/gu, '\ufffd') : name;
}

export function catCommand(): Command {
  return new Command('cat')
    .description('write a file of a disk image to standard output')
    .argument('<place>', PLACE)
    .action(async (text: string) => {
      const { parsePlace, readFileOf } = await loadMount();
      await readFileOf(parsePlace(text), process.stdout);
    });
}

export function getCommand(): Command {
  return new Command('get')
    .description('copy a file out of a disk image')
    .argument('<place>', PLACE)
    .argument('<file>', 'where to, a file or a folder; a file of that name is replaced')
    .action(async (text: string, file: string) => {
      const { parsePlace, getFile } = await loadMount();
      print(await getFile(parsePlace(text), file));
    });
}

export function putCommand(): Command {
  return new Command('put')
    .description('copy a file into a disk image; a file of that name is replaced')
    .argument('<file>', 'a file of this host')
    .argument('<place>', `${PLACE}; a folder takes the file's name`)
    .action(async (file: string, text: string) => {
      const { parsePlace, putFile } = await loadMount();
      const place = parsePlace(text);
      print(`${place.image}: ${visible(await putFile(file, place))}`);
    });
}
