import { GuestwrightError } from '../../../sdk/errors.js';
import { launch } from '../../../sdk/index.js';
import { EXIT } from '../exit.js';
import { ScreenView } from './screen-view.js';
import { SerialView } from './serial-view.js';
import { runSession } from './session.js';
import { resolveTarget, type TargetOptions } from './target.js';
import { Terminal } from './terminal.js';

export interface OpenOptions extends TargetOptions {
  memory?: number;
  serial?: true;
}

/**
 * Boots a machine and lets a person use it in this terminal until they leave or the guest powers off.
 * @returns the exit code for the shell
 * @throws GuestwrightError `usage/terminal-missing`, `usage/target-unknown`, and what `launch` throws
 */
export async function openMachine(target: string, options: OpenOptions, folder: string): Promise<number> {
  requireTerminal();
  const { name, spec } = await resolveTarget(target, options, folder);
  process.stderr.write(`Starting ${name} …\n`);
  await using machine = await launch(
    {
      ...spec,
      // QEMU's machines run by themselves anyway.
      ...(spec.engine === 'qemu' ? {} : { clock: 'paced' as const }),
      ...(options.memory === undefined ? {} : { memory: options.memory }),
    },
    { name },
  );
  const view = options.serial === true ? new SerialView(machine) : new ScreenView(machine);
  let farewell: string;
  {
    using terminal = new Terminal(process.stdin, process.stdout, { alternate: view.wantsWholeTerminal });
    farewell = await runSession(machine, view, terminal);
  }
  process.stdout.write(`${farewell}\n`);
  return machine.state === 'crashed' ? EXIT.failed : EXIT.passed;
}

function requireTerminal(): void {
  if (process.stdin.isTTY && process.stdout.isTTY) return;
  throw new GuestwrightError('"guestwright open" needs a terminal', {
    kind: 'usage',
    code: 'terminal-missing',
    expected: 'standard input and output on a terminal',
    seen: `standard ${process.stdin.isTTY ? 'output' : 'input'} is a file or a pipe`,
    next: 'run it in a terminal; to drive a machine from a program, use launch() of guestwright/sdk',
  });
}
