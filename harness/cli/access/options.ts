/** Options of the commands about who may do what. */
import { Command } from 'commander';
import { withHost } from '../machine.js';

export interface AccessOptions {
  host?: string;
  json?: boolean;
  allow: string[];
}

export function onHost(name: string, about: string): Command {
  return withHost(new Command(name).description(about));
}

export function withAllow(command: Command): Command {
  const about = 'rights and where: read,execute@web, read@* (every machine), write@host, all@host; may be given again';
  return command.option('--allow <rights>', about, (value: string, before: string[]) => [...before, value], []);
}
