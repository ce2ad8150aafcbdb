/**
 * A shell on a text screen. Output that scrolls away cannot be read back, and blanks at the end of a row look like
 * nothing: so the output is caught in a variable of the shell, and shown page by page as hexadecimal bytes, which are
 * read exactly and put together again. At the end the screen shows the output itself, for whoever looks at it.
 */
import { GuestwrightError } from '../errors.js';
import type { MachinePort } from '../machine/port.js';
import { seenAt } from '../machine/seen.js';
import type { Keyboard, ShellResult } from '../machine/types.js';
import { waitWithin } from '../machine/wait-within.js';
import type { CellGrid, Frame } from '../screen/frame.js';
import { askedAtEnd, logIn, loginFailed, type Asked } from './login.js';
import { mark, markWord, scriptFor } from './shell-script.js';
import { noPrompt, PROMPT_RETRY, shellTimeout, type ShellTerminal } from './shell.js';

/** Most bytes of output: typing for the pages of more would take minutes of guest time. */
const MAX_BYTES = 64 * 1024;

/** Bytes in a row that `od -tx1` writes: 48 columns. */
const ROW_BYTES = 16;
const ROW_COLUMNS = 48;

/** Rows of a page that hold no bytes: the mark, the prompt, and some for messages of the kernel's. */
const OTHER_ROWS = 5;

/** A page that a message of the kernel's ran into is shown again. */
const PAGE_ATTEMPTS = 3;

const CLEAR = "printf '\\033[2J\\033[H'";

/** The guest needs `od`, `sed` and `wc` (all POSIX, all in busybox). NUL bytes of the output are lost. */
export class ScreenShellTerminal implements ShellTerminal {
  readonly #port: MachinePort;
  readonly #keyboard: Keyboard;
  readonly #screen: { current(): Promise<Frame> };
  #fresh = true;
  #busy: string | null = null;

  constructor(port: MachinePort, keyboard: Keyboard, screen: { current(): Promise<Frame> }) {
    this.#port = port;
    this.#keyboard = keyboard;
    this.#screen = screen;
  }

  async run(command: string, id: number, timeout: number): Promise<ShellResult> {
    await this.#ready();
    const { upload, command: word, variable } = scriptFor(command, id);
    for (const line of upload) await this.#typeLine(line.text, line.mark);
    const output = `gwo${id}`;
    const bytes = `"$(printf %s "\${${output}%x*}" | wc -c)"`;
    this.#busy = command;
    await this.#keyboard.type(
      ` ${output}=$( (eval ${word}) 2>&1; printf 'x%s' "$?"); ${CLEAR}; ` +
        `printf ${markWord(id, 'END')}':%s:%s:\\n' "\${${output}##*x}" ${bytes}\n`,
    );
    const [, exitCode, size] = await this.#row(
      new RegExp(`^${mark(id, 'END')}:(\\d+):\\s*(\\d+):$`),
      timeout,
      (waited, frame) => shellTimeout(command, waited, `the screen:\n${seenAt(frame)}`),
    );
    this.#busy = null;
    const length = Number(size);
    const read = length <= MAX_BYTES ? await this.#pages(id, output, length) : new Uint8Array();
    const stdout = new TextDecoder('utf-8', { ignoreBOM: true }).decode(read);
    await this.#tidy(`${output} ${variable}`, output, stdout);
    if (length > MAX_BYTES) throw tooLong(command, length);
    return { stdout, exitCode: Number(exitCode) };
  }

  /** A machine that starts again has an empty screen. */
  readonly restarted = false;

  forget(): void {
    this.#fresh = true;
    this.#busy = null;
  }

  /** Reads the bytes that the variable holds. */
  async #pages(id: number, output: string, length: number): Promise<Uint8Array> {
    if (length === 0) return new Uint8Array();
    const { rows, columns } = await this.#grid();
    const perPage = rows - OTHER_ROWS;
    if (columns < ROW_COLUMNS || perPage < 1) throw tooSmall(columns, rows);
    const page = `gwp${id}`;
    await this.#typeLine(
      ` ${page}() { ${CLEAR}; printf %s "\${${output}%x*}" | od -An -v -tx1 | sed -n "$1,$2p"; ` +
        `printf '%s\\n' "GW-PAGE-${id}-$1-$3"; }; printf '%s\\n' ${markWord(id, 'READY')}`,
      mark(id, 'READY'),
    );
    const bytes: number[] = [];
    while (bytes.length < length) {
      const first = bytes.length / ROW_BYTES + 1;
      const want = Math.min(perPage * ROW_BYTES, length - bytes.length);
      bytes.push(...(await this.#page({ page, id, first, last: first + perPage - 1, want })));
    }
    return Uint8Array.from(bytes);
  }

  async #page(request: { page: string; id: number; first: number; last: number; want: number }): Promise<number[]> {
    const { page, id, first, last, want } = request;
    for (let attempt = 1; ; attempt++) {
      const end = `${mark(id, 'PAGE')}-${first}-${attempt}`;
      await this.#typeLine(` ${page} ${first} ${last} ${attempt}`, end);
      const { lines } = await this.#grid();
      const rows = lines
        .slice(
          0,
          lines.findIndex((line) => line.trimEnd() === end),
        )
        .map((line) => line.trim());
      const bytes = rows.every((row) => /^[\da-f]{2}( +[\da-f]{2})*$/.test(row))
        ? rows.flatMap((row) => row.split(/ +/).map((byte) => Number.parseInt(byte, 16)))
        : [];
      if (bytes.length === want) return bytes;
      if (attempt === PAGE_ATTEMPTS) throw garbled(seenAt(await this.#screen.current()));
    }
  }

  /** Shows the output as it is, if that does no harm to the terminal, and removes the variables. */
  async #tidy(variables: string, output: string, stdout: string): Promise<void> {
    const harmless = stdout.length > 0 && !/[^\n\t\x20-\x7e]/.test(stdout);
    const show = harmless ? `; printf %s "\${${output}%x*}"${stdout.endsWith('\n') ? '' : '; echo'}` : '';
    await this.#keyboard.type(` ${CLEAR}${show}; unset ${variables}\n`);
    const { expect } = this.#port.timeouts;
    if (!(await this.#promptWithin(expect))) throw await this.#noPrompt(expect);
  }

  async #ready(): Promise<void> {
    const { clock, timeouts } = this.#port;
    const start = clock.now;
    const timeout = this.#fresh ? timeouts.boot : timeouts.expect;
    while (askedAtCursor(await this.#screen.current(), this.#port.spec.shell.prompt) !== 'command') {
      const left = timeout - (clock.now - start);
      if (left <= 0) throw await this.#noPrompt(clock.now - start);
      await this.#keyboard.press('Enter');
      const choices: Asked[] = this.#port.spec.shell.login === undefined ? ['command'] : ['command', 'user'];
      if ((await this.#askedWithin(Math.min(PROMPT_RETRY, left), choices)) === 'user') await this.#logIn();
    }
    this.#fresh = false;
    this.#busy = null;
  }

  async #logIn(): Promise<void> {
    const { login } = this.#port.spec.shell;
    if (login === undefined) return;
    const outcome = await logIn(
      {
        enter: async (line, options) => this.#keyboard.type(`${line}\n`, options),
        waitUntilAsked: async (choices) => this.#askedWithin(this.#port.timeouts.expect, choices),
      },
      login,
    );
    if (outcome.kind === 'in') return;
    const seen = seenAt(await this.#screen.current());
    throw loginFailed(outcome, { where: 'on the screen', login, seen });
  }

  /** Types a line, waits until its mark stands on a row of its own and the prompt after it. */
  async #typeLine(text: string, markText: string): Promise<void> {
    await this.#keyboard.type(`${text}\n`);
    const { expect } = this.#port.timeouts;
    const exactly = new RegExp(`^${markText}$`);
    await this.#row(exactly, expect, (waited, frame) => this.#promptError(waited, frame));
    if (!(await this.#promptWithin(expect))) throw await this.#noPrompt(expect);
  }

  /** Waits for a row that matches. */
  async #row(
    pattern: RegExp,
    timeout: number,
    onTimeout: (waited: number, frame: Frame) => Error,
  ): Promise<RegExpExecArray> {
    return await this.#port.clock.waitUntil({
      what: 'the shell to answer',
      on: ['screen'],
      timeout,
      check: async () => {
        for (const line of (await this.#screen.current()).grid?.lines ?? []) {
          const match = pattern.exec(line.trimEnd());
          if (match !== null) return match;
        }
        return undefined;
      },
      onTimeout: async (waited) => onTimeout(waited, await this.#screen.current()),
    });
  }

  async #promptWithin(timeout: number): Promise<boolean> {
    return (await this.#askedWithin(timeout, ['command'])) !== null;
  }

  /** Waits until one of these is asked before the cursor; null when it is not in time. */
  async #askedWithin(timeout: number, choices: readonly Asked[]): Promise<Asked | null> {
    const found = await waitWithin(this.#port, {
      what: 'a shell prompt',
      on: ['screen'],
      timeout,
      check: async () => {
        const asked = askedAtCursor(await this.#screen.current(), this.#port.spec.shell.prompt);
        return asked !== null && choices.includes(asked) ? asked : undefined;
      },
    });
    return found ?? null;
  }

  async #grid(): Promise<CellGrid> {
    const frame = await this.#screen.current();
    if (frame.grid === null) throw this.#promptError(0, frame);
    return frame.grid;
  }

  async #noPrompt(waited: number): Promise<Error> {
    return this.#promptError(waited, await this.#screen.current());
  }

  #promptError(waited: number, frame: Frame): Error {
    const { prompt } = this.#port.spec.shell;
    return noPrompt({ where: 'on the screen', prompt, waited, busy: this.#busy, seen: seenAt(frame) });
  }
}

/** What is asked just before the cursor. */
function askedAtCursor({ grid }: Frame, prompt: RegExp): Asked | null {
  if (grid?.cursor == null) return null;
  const { column, row } = grid.cursor;
  return askedAtEnd((grid.lines[row] ?? '').slice(0, column), prompt);
}

function tooLong(command: string, length: number): GuestwrightError {
  return new GuestwrightError(`The command ${JSON.stringify(command)} printed too much to be read from the screen`, {
    kind: 'usage',
    code: 'shell-output-too-long',
    expected: `at most ${MAX_BYTES} bytes`,
    seen: `${length} bytes`,
    next: "write it to a file and read parts of it, or use a shell on a serial port (spec: shell: { on: 'serial' })",
  });
}

function tooSmall(columns: number, rows: number): GuestwrightError {
  return new GuestwrightError('The screen is too small to read a command’s output from it', {
    kind: 'usage',
    code: 'shell-screen-too-small',
    expected: `at least ${ROW_COLUMNS} columns and ${OTHER_ROWS + 1} rows`,
    seen: `${columns} columns and ${rows} rows`,
    next: "use a shell on a serial port (spec: shell: { on: 'serial' })",
  });
}

function garbled(seen: string): GuestwrightError {
  return new GuestwrightError('The output of a command could not be read from the screen', {
    kind: 'guest',
    code: 'shell-screen-garbled',
    expected: `pages of hexadecimal bytes with nothing between them (shown ${PAGE_ATTEMPTS} times)`,
    seen,
    next: 'something else writes to this screen: keep the kernel quiet (dmesg -n 1), and check that the guest has od and sed',
  });
}
