/** A shell on a serial port. */
import type { MachinePort } from '../machine/port.js';
import { waitWithin } from '../machine/wait-within.js';
import type { ShellResult } from '../machine/types.js';
import { terminalText } from './ansi.js';
import { lastLines, type SerialConsole } from './console.js';
import { mark, markWord, scriptFor, type Line } from './shell-script.js';
import { askedAtEnd, logIn, loginFailed, type Asked } from './login.js';
import { SerialLine } from './serial-line.js';
import {
  noPrompt,
  PROMPT_RETRY,
  shellTimeout,
  type Conversation,
  type ShellLine,
  type ShellTerminal,
} from './shell.js';

/** Output before this far back cannot be the last line. */
const LAST_LINE = 4096;

/** No mark with what follows it is longer. */
const LONGEST_MARK = 100;

/**
 * What it reads counts as seen for `serial.waitFor`. The terminal's `\r\n` is turned back into `\n`; nothing else of the
 * output is changed.
 */
export class SerialShellTerminal implements ShellTerminal {
  readonly #port: MachinePort;
  readonly #console: SerialConsole;
  /** Length of the output when the prompt was last seen: nothing after it means the shell still waits there. */
  #promptAt: number | null = null;
  /** Nobody has found a shell here yet: it may still have to boot. */
  #fresh = true;
  #restarted = false;
  /** A command that timed out and may still be running. */
  #busy: string | null = null;

  constructor(port: MachinePort, console: SerialConsole) {
    this.#port = port;
    this.#console = console;
  }

  async run(command: string, id: number, timeout: number): Promise<ShellResult> {
    const outputFrom = await this.#begin(command, id);
    const ended = await this.#until(outputFrom, endOf(id), timeout, (waited) => {
      const printed = lastLines(terminalText(this.#raw.slice(outputFrom)));
      return shellTimeout(command, waited, printed === '' ? 'it printed nothing' : `it printed so far:\n${printed}`);
    });
    const stdout = this.#raw.slice(outputFrom, ended.index).replaceAll('\r\n', '\n');
    this.#busy = null;
    await this.#prompt(ended.index + ended[0].length);
    return { stdout, exitCode: Number(ended[1]) };
  }

  async converse<T>(
    { name, script }: { name: string; script: string },
    id: number,
    talk: (line: ShellLine) => Promise<T>,
  ): Promise<Conversation<T>> {
    const outputFrom = await this.#begin(script, id);
    this.#busy = name;
    const { output } = this.#console;
    const at = await output.hold();
    // What the command said at once has been read as text already.
    const line = new SerialLine(this.#port, this.#console, { at, before: this.#raw.slice(outputFrom) });
    let result: T;
    let exitCode: number;
    try {
      result = await talk(line);
      exitCode = await line.end(new RegExp(`${mark(id, 'END')}:(\\d+):$`));
    } finally {
      output.release(line.at);
    }
    this.#busy = null;
    await output.refresh();
    await this.#prompt(Math.max(0, this.#raw.length - LAST_LINE));
    return { result, exitCode };
  }

  /** Starts a command; gives the place in the output where its own begins. */
  async #begin(command: string, id: number): Promise<number> {
    await this.#ready();
    const { upload, command: word, variable } = scriptFor(command, id);
    for (const line of upload) await this.#typeLine(line);
    const begin = `${mark(id, 'BEGIN')}\r?\n`;
    const from = this.#raw.length;
    await this.#console.send(
      ` printf '%s\\n' ${markWord(id, 'BEGIN')}; (eval ${word}); ` +
        `printf ${markWord(id, 'END')}':%s:\\n' "$?"${upload.length > 0 ? `; unset ${variable}` : ''}\n`,
    );
    this.#promptAt = null;
    const begun = await this.#until(from, new RegExp(begin), this.#port.timeouts.expect, (waited) =>
      this.#noPrompt(waited, from),
    );
    this.#busy = command;
    return begun.index + begun[0].length;
  }

  get restarted(): boolean {
    return this.#restarted;
  }

  forget({ restarted }: { restarted: boolean }): void {
    this.#promptAt = null;
    this.#busy = null;
    this.#fresh = true;
    this.#restarted = restarted;
  }

  get #raw(): string {
    return this.#console.output.raw;
  }

  /** Makes sure that the shell waits at its prompt. */
  async #ready(): Promise<void> {
    await this.#console.output.refresh();
    if (this.#promptAt === this.#raw.length) return;
    const from = Math.max(0, this.#raw.length - LAST_LINE);
    // A prompt that stands there, or one that Enter brings up: a port that nobody has spoken to may show none.
    // After a restart the output still ends with the prompt of before, until the guest says something.
    if (this.#restarted || !this.#atPrompt(from)) await this.#bringUpPrompt();
    await this.#seen();
  }

  async #bringUpPrompt(): Promise<void> {
    const { clock, timeouts } = this.#port;
    const from = this.#raw.length;
    const start = clock.now;
    const timeout = this.#fresh ? timeouts.boot : timeouts.expect;
    for (;;) {
      const left = timeout - (clock.now - start);
      await this.#console.send('\n');
      const choices: Asked[] = this.#port.spec.shell.login === undefined ? ['command'] : ['command', 'user'];
      const asked = await this.#askedWithin(from, Math.min(PROMPT_RETRY, left), choices);
      if (asked === 'user') await this.#logIn();
      if (asked !== null) return;
      if (clock.now - start >= timeout) throw this.#noPrompt(clock.now - start, 0);
    }
  }

  async #logIn(): Promise<void> {
    const { login } = this.#port.spec.shell;
    if (login === undefined) return;
    let from = this.#raw.length;
    const outcome = await logIn(
      {
        enter: async (line, options) => {
          from = this.#raw.length;
          await this.#console.send(`${line}\n`, options);
        },
        waitUntilAsked: async (choices) => this.#askedWithin(from, this.#port.timeouts.expect, choices),
      },
      login,
    );
    if (outcome.kind === 'in') return;
    const seen = lastLines(terminalText(this.#raw.slice(-LAST_LINE)));
    throw loginFailed(outcome, { where: `on ${this.#console.name}`, login, seen });
  }

  async #promptWithin(from: number, timeout: number): Promise<boolean> {
    return (await this.#askedWithin(from, timeout, ['command'])) !== null;
  }

  /** Waits until the output from `from` on asks for one of these at its end; null when it does not in time. */
  async #askedWithin(from: number, timeout: number, choices: readonly Asked[]): Promise<Asked | null> {
    const found = await waitWithin(this.#port, {
      what: 'a shell prompt',
      on: ['serial'],
      timeout,
      check: async () => {
        await this.#console.output.refresh();
        const asked = this.#asked(from);
        return asked !== null && choices.includes(asked) ? asked : undefined;
      },
    });
    return found ?? null;
  }

  /** Types a line, waits for its mark and for the prompt after it. */
  async #typeLine(line: Line): Promise<void> {
    const from = this.#raw.length;
    await this.#console.send(`${line.text}\n`);
    const { expect } = this.#port.timeouts;
    const done = await this.#until(from, new RegExp(`${line.mark}\r?\n`), expect, (w) => this.#noPrompt(w, from));
    await this.#prompt(done.index + done[0].length);
  }

  /** Waits for the prompt in the output from `from` on. */
  async #prompt(from: number): Promise<void> {
    const { expect } = this.#port.timeouts;
    if (!(await this.#promptWithin(from, expect))) throw this.#noPrompt(expect, from);
    await this.#seen();
  }

  /** Waits for a pattern in the output from `from` on; indices of the match count from the very beginning. */
  async #until(
    from: number,
    pattern: RegExp,
    timeout: number,
    onTimeout: (waited: number) => Error,
  ): Promise<RegExpExecArray> {
    let start = from;
    return await this.#port.clock.waitUntil({
      what: 'the shell to answer',
      on: ['serial'],
      timeout,
      check: async () => {
        await this.#console.output.refresh();
        const match = pattern.exec(this.#raw.slice(start));
        if (match !== null) {
          match.index += start;
          return match;
        }
        // Only what a mark can have begun in is looked at again: output may be long.
        start = Math.max(from, this.#raw.length - LONGEST_MARK);
        return undefined;
      },
      onTimeout,
    });
  }

  #atPrompt(from: number): boolean {
    return this.#asked(from) === 'command';
  }

  #asked(from: number): Asked | null {
    return askedAtEnd(terminalText(this.#raw.slice(from)), this.#port.spec.shell.prompt);
  }

  async #seen(): Promise<void> {
    await this.#console.skip();
    this.#promptAt = this.#raw.length;
    this.#fresh = false;
    this.#restarted = false;
    this.#busy = null;
  }

  #noPrompt(waited: number, from: number): Error {
    const printed = lastLines(terminalText(this.#raw.slice(from)));
    return noPrompt({
      where: `on ${this.#console.name}`,
      prompt: this.#port.spec.shell.prompt,
      waited,
      busy: this.#busy,
      seen: printed === '' ? 'nothing arrived' : `the last lines:\n${printed}`,
    });
  }
}

/** What a command's end looks like; the group is its exit code. */
function endOf(id: number): RegExp {
  return new RegExp(`${mark(id, 'END')}:(\\d+):\r?\n`);
}
