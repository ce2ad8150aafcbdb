/** Running commands in the guest's shell. */
import { GuestwrightError } from '../errors.js';
import { InOrder } from '../machine/in-order.js';
import type { MachinePort } from '../machine/port.js';
import type { Shell, ShellResult, WaitOptions } from '../machine/types.js';

/** Both directions of a command that is running, as bytes. Time-outs are guest ms without anything arriving. */
export interface ShellLine {
  send(text: string): Promise<void>;
  /** For a command that reads without pause, and counts what it gets. */
  stream(bytes: Uint8Array): Promise<void>;
  /** The next line that matches; other lines, of something else that writes to the port, are passed over. */
  matching(pattern: RegExp, timeout: number): Promise<RegExpExecArray>;
  /**
   * The next bytes up to a mark, which is expected after `length` of them. Where it is elsewhere, so much is the answer:
   * something else wrote to the line, or the command said less.
   */
  upTo(mark: Uint8Array, length: number, timeout: number): Promise<Uint8Array>;
}

export interface Conversation<T> {
  readonly result: T;
  readonly exitCode: number;
}

/** Where a shell is: on a serial port, or on a text screen. */
export interface ShellTerminal {
  /** @param id counts the commands of this machine, so that no two have the same marks */
  run(command: string, id: number, timeout: number): Promise<ShellResult>;
  /**
   * Runs a command that is talked with while it runs; what both say is not part of the port's text. Only where bytes go
   * both ways. When `talk` fails, the command has to end by itself.
   */
  converse?<T>(
    command: { name: string; script: string },
    id: number,
    talk: (line: ShellLine) => Promise<T>,
  ): Promise<Conversation<T>>;
  /** Nobody has found the shell since the machine was started again: a prompt that is there is the one of before. */
  readonly restarted: boolean;
  /** Forgets what it knew about the shell: the next command looks for a prompt first. */
  forget(options: { restarted: boolean }): void;
}

export interface ShellState {
  readonly commands: number;
  readonly restarted: boolean;
}

/**
 * Works with any POSIX shell (dash, busybox, bash, …) that shows a prompt like `spec.shell.prompt`; the prompt is looked
 * for at the end of the last line.
 *
 * Every command runs in a sub-shell of the shell that is there: files, mounts and processes stay, while `cd`, variables
 * and `exit` end with the command (write `cd /mnt && ls`). `stdout` is exactly what came to the terminal, errors merged
 * as on any terminal, with its final newline if there was one, decoded as UTF-8. A command killed by a signal
 * has the exit code that the shell gives it, 128 and the signal's number.
 *
 * Marks are made of a counter, never of chance: a run types the same bytes each time.
 */
export class MachineShell implements Shell {
  readonly #port: MachinePort;
  readonly #terminal: ShellTerminal;
  readonly #order = new InOrder();
  #commands = 0;

  constructor(port: MachinePort, terminal: ShellTerminal) {
    this.#port = port;
    this.#terminal = terminal;
  }

  /**
   * @param options.timeout guest ms for the command itself, default the expect time-out; looking for the prompt and
   * typing the command do not count
   * @throws GuestwrightError `assertion/shell-no-prompt`, `assertion/shell-timeout` with what the command printed so far,
   * `usage/shell-command-invalid`
   */
  async run(command: string, options: WaitOptions = {}): Promise<ShellResult> {
    return await this.#port.act(
      { name: 'shell.run', title: `Run ${command}`, params: { command, ...options } },
      async () => {
        if (command.includes('\0')) throw noNul(command);
        return await this.#order.run(async () => {
          const id = ++this.#commands;
          return await this.#terminal.run(command, id, options.timeout ?? this.#port.timeouts.expect);
        });
      },
    );
  }

  /**
   * Runs a command that is talked with while it runs; null where the shell's terminal cannot carry bytes. Not a step of a
   * report.
   * @param name what it is called in messages
   */
  async converse<T>(
    name: string,
    script: string,
    talk: (line: ShellLine) => Promise<T>,
  ): Promise<Conversation<T> | null> {
    const terminal = this.#terminal;
    return await this.#order.run(
      async () => (await terminal.converse?.({ name, script }, ++this.#commands, talk)) ?? null,
    );
  }

  /** For snapshots: what a revert must bring back, so that the same calls type the same bytes again. */
  save(): ShellState {
    return { commands: this.#commands, restarted: this.#terminal.restarted };
  }

  /** After a revert. */
  restore({ commands, restarted }: ShellState): void {
    this.#commands = commands;
    this.#terminal.forget({ restarted });
  }

  /** After a reset or a power-on. */
  forget(): void {
    this.#terminal.forget({ restarted: true });
  }
}

function noNul(command: string): GuestwrightError {
  return new GuestwrightError('A command cannot hold a NUL character', {
    kind: 'usage',
    code: 'shell-command-invalid',
    expected: 'a command without NUL',
    seen: JSON.stringify(command),
  });
}

/** The error for a prompt that does not come. */
export function noPrompt(details: {
  where: string;
  prompt: RegExp;
  waited: number;
  busy: string | null;
  seen: string;
}): GuestwrightError {
  const { where, prompt, waited, busy, seen } = details;
  return new GuestwrightError(`No shell prompt ${where}`, {
    kind: 'assertion',
    code: 'shell-no-prompt',
    expected: `a prompt like ${prompt} at the end of the last line within ${waited} ms`,
    seen,
    next:
      busy === null
        ? 'if it asks for a login, give the machine spec shell: { login: { user, password } }; if the prompt looks different, give the machine spec shell: { prompt: /…/ }'
        : `the command ${JSON.stringify(busy)} had timed out and may still be running: interrupt it first (serial.write('\\x03'), keyboard.press('Control+c'))`,
  });
}

/** The error for a command that does not end. */
export function shellTimeout(command: string, waited: number, seen: string): GuestwrightError {
  return new GuestwrightError(`The command ${JSON.stringify(command)} did not end within ${waited} ms`, {
    kind: 'assertion',
    code: 'shell-timeout',
    expected: 'the command to end',
    seen,
    next: 'give { timeout } if it needs longer; it is still running in the guest (Control+C interrupts it)',
  });
}

/** Whether the last line of a terminal's text ends with the prompt. */
export function endsWithPrompt(text: string, prompt: RegExp): boolean {
  const stateless = new RegExp(prompt.source, prompt.flags.replace(/[gy]/g, ''));
  return stateless.test(text.slice(text.lastIndexOf('\n') + 1));
}

/** How often Enter is pressed again while looking for a prompt, guest ms: kernel messages may have followed the last. */
export const PROMPT_RETRY = 5000;
