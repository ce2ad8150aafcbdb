import { Command, InvalidArgumentError } from 'commander';
import { EXIT } from './exit.js';

export function verifyCommand(): Command {
  return new Command('verify')
    .description('run scenarios several times and prove that the machine is in the same state after every step')
    .argument('<scenario...>', 'scenario files, as for "guestwright run"')
    .option('--runs <count>', 'runs in all, 2 or more; the last goes on from half-way in another process', count, 5)
    .option('--no-load', 'no run with the host kept busy')
    .option('--no-memoise', 'no runs that answer from a store')
    .option('--project <name...>', 'only these projects')
    .addHelpText('after', AFTER_HELP)
    .action(async (scenarios: string[], options: VerifyFlags) => {
      const { verify } = await import('./verify/verify.js');
      const same = await verify({ scenarios, cwd: process.cwd(), ...options });
      process.exitCode = same ? EXIT.passed : EXIT.failed;
    });
}

interface VerifyFlags {
  runs: number;
  load: boolean;
  memoise: boolean;
  project?: string[];
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 2) throw new InvalidArgumentError('A whole number, 2 or more.');
  return value;
}

const AFTER_HELP = `
The first run is what the others are held against. Of the others, one stores a snapshot half-way in passing, every second
one runs with all processors of the host kept busy, and the last is no run of the scenario at all: another process goes
on from the stored snapshot, with the inputs that the scenario gave.

Three more runs are memoised, with a store of their own: one fills it; one is asked more than it was, from half-way on, so
that the engine goes on from a stored snapshot; for the last everything is in the store, and no engine may start.

Ends with 0 when all runs were the same after every step, with 1 when not: then the first step that differs is named.

Examples:
  guestwright verify scenarios/first.spec.ts
  guestwright verify scenarios/first.spec.ts --runs 3 --no-load`;
