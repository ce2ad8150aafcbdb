import { Command } from 'commander';

export function runCommand(): Command {
  return (
    new Command('run')
      .description('run scenarios: Playwright Test, with every argument handed on as it is')
      .argument('[playwright-args...]', 'files, folders and options of "playwright test"')
      .usage('[playwright args...]')
      // Nothing here is read as an option of ours but --help.
      .passThroughOptions()
      .allowUnknownOption()
      .addHelpText('after', AFTER_HELP)
      .action(async (_args, _options, command: Command) => {
        const { runScenarios } = await import('./run/run.js');
        process.exitCode = await runScenarios(argumentsAfter(process.argv, command.name()), process.cwd());
      })
  );
}

const AFTER_HELP = `
Examples:
  guestwright run                             run every scenario
  guestwright run scenarios/first.spec.ts:12  only the one at this line
  guestwright run -g "boots"                  only those whose title matches
  guestwright run --project grub-rescue-v86   only this guest on this engine
  guestwright run -u                          accept what the screens show now as golden
  guestwright run --repeat-each 5 --retries 0
  guestwright run --shard 1/2                 half of them, by how long they take (docs/ci.md)
  guestwright run --no-memoise                take nothing from the store, run everything
  guestwright run --no-checkpoints            run the body of every checkpoint
  guestwright run --seed random               make up what comes of the fixture 'random' anew (a number: again)
  guestwright run --pause-on-failure          where a test fails, its machine waits in a page of the browser
  guestwright run --debug -g "boots"          the same before every action: look, use the machine, step
  guestwright run --from partitioned          go on from this checkpoint, and run what comes after it

"npx playwright test --help" lists the options.

Exit codes: 0 passed, 1 a scenario failed, 2 wrong usage, 3 the infrastructure failed.`;

/** Taken from the process's own arguments: a parser would drop a "--". */
function argumentsAfter(argv: readonly string[], command: string): string[] {
  return argv.slice(argv.indexOf(command, 2) + 1);
}
