import { Command } from 'commander';
import { readCommand } from './screen/read.js';

export function screenCommand(): Command {
  return new Command('screen').description('look at pictures of screens').addCommand(readCommand());
}
