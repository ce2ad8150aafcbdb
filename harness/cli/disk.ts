import { Command } from 'commander';
import {
  catCommand,
  getCommand,
  lsCommand,
  mountCommand,
  mountsCommand,
  putCommand,
  unmountCommand,
} from './disk-files/index.js';

export function diskCommand(): Command {
  return new Command('disk')
    .description('work with disk images')
    .addCommand(mountCommand())
    .addCommand(unmountCommand())
    .addCommand(mountsCommand())
    .addCommand(lsCommand())
    .addCommand(catCommand())
    .addCommand(getCommand())
    .addCommand(putCommand());
}
