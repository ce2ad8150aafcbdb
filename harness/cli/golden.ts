import { Command } from 'commander';
import { GuestwrightError } from '../../sdk/errors.js';
import { EXIT } from './exit.js';

const print = (text: string): void => void process.stdout.write(text);

export function goldenCommand(): Command {
  return new Command('golden')
    .description('review the golden pictures: list them, accept what the last run refused, remove unused ones')
    .addHelpText('after', AFTER_HELP)
    .addCommand(listCommand())
    .addCommand(acceptCommand())
    .addCommand(pruneCommand());
}

const AFTER_HELP = `
A run leaves what these commands go by in reports/goldens.json. A golden's name is <guest>/<scenario>/<name>.

Examples:
  guestwright golden list
  guestwright golden accept              look at each that the last run refused, and accept it or not
  guestwright golden accept menu --yes   accept this one without being asked
  guestwright golden prune               remove those that the last run, a complete one, did not use`;

function listCommand(): Command {
  return new Command('list')
    .description('list the goldens: size, text or graphic, and what the last run made of them')
    .option('--json', 'print the list as JSON')
    .addHelpText('after', '\nExamples:\n  guestwright golden list\n  guestwright golden list --json')
    .action(async ({ json }: { json?: true }) => {
      const { readGoldenState } = await import('./golden/state.js');
      const { listGoldens, wordList } = await import('./golden/list.js');
      const state = await readGoldenState(process.cwd());
      print(json === true ? `${JSON.stringify(listGoldens(state), null, 2)}\n` : wordList(state));
    });
}

function acceptCommand(): Command {
  return new Command('accept')
    .description('make what the last run saw the golden, one after the other')
    .argument('[name...]', 'only these: <guest>/<scenario>/<name>, the name alone, or the file')
    .option('--all', 'all that were refused; the same as no names')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', AFTER_ACCEPT)
    .action(async (names: string[], { all, yes }: { all?: true; yes?: true }) => {
      if (all === true && names.length > 0) throw allAndNames(names);
      const [{ readGoldenState }, { acceptGoldens, selectPending }, { askTerminal }, { terminalPictures }] =
        await Promise.all([
          import('./golden/state.js'),
          import('./golden/accept.js'),
          import('./ask.js'),
          import('./terminal-picture.js'),
        ]);
      const { pending } = await readGoldenState(process.cwd());
      const selected = selectPending(pending, names);
      if (selected.length === 0) {
        print('The last run refused no golden.\n');
        return;
      }
      const ask = yes === true ? null : (askTerminal() ?? nobodyToAsk('accept'));
      const pictures = terminalPictures(process.env, process.stdout.isTTY);
      const { accepted, rejected, outdated } = await acceptGoldens(selected, { ask, pictures, print });
      print(`${accepted.length} accepted, ${rejected.length} not accepted\n`);
      // Who accepts without looking is told by the exit code that something is left.
      if (ask === null && outdated.length > 0) process.exitCode = EXIT.failed;
    });
}

const AFTER_ACCEPT = `
The pictures are shown where the terminal can (kitty, Ghostty, iTerm2, WezTerm, mintty); for text screens the rows that
differ are. What is accepted is written as "guestwright run -u" would have written it.

Examples:
  guestwright golden accept
  guestwright golden accept grub-rescue/menu/first --yes
  guestwright golden accept --all --yes`;

function pruneCommand(): Command {
  return new Command('prune')
    .description('remove the goldens that nothing used in the last run, which has to have been a complete one')
    .option('-y, --yes', 'do not ask')
    .option('--dry-run', 'only list them')
    .addHelpText('after', '\nExamples:\n  guestwright golden prune --dry-run\n  guestwright golden prune --yes')
    .action(async ({ yes, dryRun }: { yes?: true; dryRun?: true }) => {
      const [{ readGoldenState }, { decidePrune, projectTests, removeGoldens, wordRefusal }, { askTerminal }] =
        await Promise.all([import('./golden/state.js'), import('./golden/prune.js'), import('./ask.js')]);
      const { project, run, goldens } = await readGoldenState(process.cwd());
      const decision = decidePrune(run, run === null ? [] : await projectTests(project), goldens);
      if (decision.kind === 'refused') {
        throw new GuestwrightError('It is not known which goldens are unused', {
          kind: 'usage',
          code: 'prune-refused',
          expected: 'a last run that was complete: every test of the project, none failed',
          ...wordRefusal(decision),
        });
      }
      const { unused, kept } = decision;
      for (const { name } of kept) print(`${name}: kept, as tests of its scenario were skipped\n`);
      for (const { file } of unused) print(`${file}\n`);
      if (unused.length === 0) {
        print('No golden is unused.\n');
        return;
      }
      if (dryRun === true) return;
      const question = `Remove ${unused.length === 1 ? 'it' : `these ${unused.length}`}?`;
      const answer = yes === true ? 'yes' : await (askTerminal() ?? nobodyToAsk('prune'))(question, ['yes', 'no']);
      if (answer === 'no') return;
      await removeGoldens(project, unused);
      print(`${unused.length} removed\n`);
    });
}

function allAndNames(names: readonly string[]): GuestwrightError {
  return new GuestwrightError('Either all goldens or some are accepted', {
    kind: 'usage',
    code: 'golden-all-and-names',
    expected: '--all, or names',
    seen: `--all ${names.join(' ')}`,
  });
}

function nobodyToAsk(command: string): never {
  throw new GuestwrightError('There is no terminal to ask at', {
    kind: 'usage',
    code: 'no-terminal',
    expected: 'a terminal, or --yes',
    next: `guestwright golden ${command} --yes`,
  });
}
