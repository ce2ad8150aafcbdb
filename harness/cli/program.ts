import { Command } from 'commander';
import { packageVersion } from './version.js';
import { ciCommand } from './ci.js';
import { compareCommand } from './compare.js';
import { diskCommand } from './disk.js';
import { doctorCommand } from './doctor.js';
import { fontsCommand } from './fonts.js';
import { goldenCommand } from './golden.js';
import { imagesCommand } from './images.js';
import { initCommand } from './init.js';
import { machineCommand } from './machine.js';
import { openCommand } from './open.js';
import { recordCommand } from './record.js';
import { replayCommand } from './replay.js';
import { runCommand } from './run.js';
import { screenCommand } from './screen.js';
import { serveCommand } from './serve.js';
import { showCommand } from './show.js';
import { storeCommand } from './store.js';
import { tokenCommand } from './token.js';
import { userCommand } from './user.js';
import { verifyCommand } from './verify.js';

/** Every command, in the order in which the help lists them. A new one is a file of its own and a line here. */
const COMMANDS: readonly (() => Command)[] = [
  initCommand,
  runCommand,
  verifyCommand,
  compareCommand,
  replayCommand,
  showCommand,
  openCommand,
  recordCommand,
  goldenCommand,
  screenCommand,
  imagesCommand,
  serveCommand,
  machineCommand,
  tokenCommand,
  userCommand,
  diskCommand,
  storeCommand,
  fontsCommand,
  ciCommand,
  doctorCommand,
];

export function createProgram(): Command {
  const program = new Command('guestwright')
    .description('Playwright Test for whole operating systems: boot a real guest, type, click, read its screen.')
    .version(packageVersion(), '-V, --version', 'print the version')
    // What follows a command is that command's: `run` hands it on as it is.
    .enablePositionalOptions()
    .addHelpText('after', AFTER_HELP);
  for (const command of COMMANDS) program.addCommand(command());
  forEachCommand(program, (command) => {
    command.exitOverride().showSuggestionAfterError(true);
    command.helpOption('-h, --help', 'print this help').showHelpAfterError(`Try "${fullName(command)} --help".`);
  });
  return program;
}

const AFTER_HELP = `
Examples:
  guestwright init                     start a project in this folder
  guestwright run                      run its scenarios
  guestwright open grub-rescue:floppy  boot an image and use it in this terminal

Exit codes: 0 passed, 1 a scenario failed, 2 wrong usage, 3 the infrastructure failed.`;

function forEachCommand(command: Command, visit: (command: Command) => void): void {
  visit(command);
  for (const sub of command.commands) forEachCommand(sub, visit);
}

function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}
