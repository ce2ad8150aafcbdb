/**
 * A guest with a shell, as a terminal shows it: the line editor echoes what is typed and wraps it at the terminal's
 * width, output comes with `\r\n` and in pieces, the prompt is coloured. What it runs is run by a real shell, so that
 * quoting is tested by one.
 */
import { spawnSync } from 'node:child_process';
import { layoutNamed } from '../input/layout.js';
import { FakeMachine } from '../machine/fake-machine.test.helper.js';
import type { MachineSpecInput } from '../machine/spec.js';

export interface FakeShellOptions {
  /** Columns at which the echo of a line wraps. */
  width?: number;
  prompt?: string;
  /** Longest line that the line editor takes. */
  longest?: number;
  /** Guest time at which the shell is there; what is typed before is lost. */
  bootsAt?: number;
  /** Bytes that arrive in one step of guest time. */
  piece?: number;
  /** Nobody gets to the shell without these. */
  login?: { user: string; password: string } | null;
  /** The program that carries out lines. */
  program?: readonly [string, ...string[]];
}

/** The shell and its line editor; `arrive` takes what reaches the terminal, a piece each step of guest time. */
class FakeShell {
  /** Lines that were carried out. */
  readonly lines: string[] = [];
  readonly #machine: FakeMachine;
  readonly #options: Required<FakeShellOptions>;
  #line = '';
  /** Bytes still to arrive. */
  #queue: number[] = [];
  /** Lines that set variables: the shell that is asked anew for every line is given them first. */
  #variables: string[] = [];
  /** A program that never ends runs in the foreground. */
  #hangs = false;
  /** What is asked before there is a shell, and the name that was given. */
  #door: { asks: 'user' } | { asks: 'password'; user: string } | null = null;

  constructor(machine: FakeMachine, arrive: (bytes: Uint8Array) => void, options: FakeShellOptions) {
    this.#machine = machine;
    this.#options = {
      width: 80,
      prompt: '\u001b[1;32m~\u001b[0m # \u001b[6n',
      longest: 1023,
      bootsAt: 0,
      piece: 64,
      login: null,
      program: ['sh', '-c'],
      ...options,
    };
    if (this.#options.bootsAt === 0) this.#greet();
    else machine.at(this.#options.bootsAt, () => this.#greet());
    const pump = () => {
      if (this.#queue.length > 0) arrive(Uint8Array.from(this.#queue.splice(0, this.#options.piece)));
      machine.at(machine.now + 10, pump);
    };
    machine.at(10, pump);
  }

  #greet(): void {
    this.#door = this.#options.login === null ? null : { asks: 'user' };
    this.tell(this.#door === null ? this.#options.prompt : 'guest login: ');
  }

  /** A character for the program that asks who is there. */
  #atDoor(door: { asks: 'user' } | { asks: 'password'; user: string }, char: string): void {
    if (char !== '\n') {
      this.#line += char;
      if (door.asks === 'user') this.tell(char);
      return;
    }
    const line = this.#line;
    this.#line = '';
    this.tell('\r\n');
    if (door.asks === 'user') {
      this.#door = line === '' ? door : { asks: 'password', user: line };
      this.tell(line === '' ? 'guest login: ' : 'Password: ');
      return;
    }
    const { user, password } = this.#options.login ?? {};
    if (door.user === user && line === password) {
      this.#door = null;
      this.tell(`Welcome\r\n${this.#options.prompt}`);
    } else {
      this.tell('Login incorrect\r\n');
      this.#greet();
    }
  }

  /** Something reaches the terminal: of the shell's, or a message of the kernel's. */
  tell(text: string | Uint8Array): void {
    this.#queue.push(...(typeof text === 'string' ? new TextEncoder().encode(text) : text));
  }

  /** The guest starts again: for so many ms of guest time nobody reads what is typed. */
  restart(ms: number): void {
    this.#line = '';
    this.#options.bootsAt = this.#machine.now + ms;
    this.#machine.at(this.#options.bootsAt, () => {
      this.tell('\r\n');
      this.#greet();
    });
  }

  typed(text: string): void {
    if (this.#machine.now < this.#options.bootsAt) return;
    for (const char of text) {
      if (this.#door !== null) {
        this.#atDoor(this.#door, char);
      } else if (char === '\u0003') {
        this.#hangs = false;
        this.tell(`^C\r\n${this.#options.prompt}`);
      } else if (this.#hangs) {
        this.tell(char.replace('\n', '\r\n'));
      } else if (char !== '\n') {
        if (this.#line.length < this.#options.longest) this.#line += char;
        this.tell((this.#line.length + 4) % this.#options.width === 0 ? `${char}\r\n` : char);
      } else {
        const line = this.#line;
        this.#line = '';
        this.tell('\r\n');
        this.#carryOut(line);
      }
    }
  }

  #carryOut(line: string): void {
    this.lines.push(line);
    const before = this.#variables.map((set) => `{ ${set}\n} >/dev/null 2>&1\n`).join('');
    const [program, ...args] = this.#options.program;
    const { stdout } = spawnSync(program, [...args, `exec 2>&1\n${before}${line}`], { input: '' });
    // A terminal's ONLCR.
    const bytes = [...stdout].flatMap((byte) => (byte === 0x0a ? [0x0d, 0x0a] : [byte]));
    const hang = new TextDecoder().decode(stdout).indexOf('HANG\n');
    if (hang >= 0) {
      this.#hangs = true;
      this.tell(Uint8Array.from(bytes.slice(0, hang + 8)));
      return;
    }
    if (/^ gw\w*(?:=|\(\))/.test(line)) this.#variables.push(line);
    this.tell(Uint8Array.from(bytes));
    this.tell(this.#options.prompt);
  }
}

/** A shell on the first serial port. */
export function serialGuest(options: FakeShellOptions = {}, spec: MachineSpecInput = {}) {
  const machine: FakeMachine = new FakeMachine(
    { onSerial: (data) => shell.typed(new TextDecoder().decode(data)) },
    spec,
  );
  const shell = new FakeShell(machine, (bytes) => machine.send(bytes), options);
  return { machine, shell };
}

/** A shell on an 80x25 text screen, typed at with a US keyboard. */
export function screenGuest(options: FakeShellOptions = {}, spec: MachineSpecInput = {}) {
  const held = new Set<string>();
  const machine: FakeMachine = new FakeMachine(
    {
      onKey: (code, down) => {
        if (!down) return void held.delete(code);
        held.add(code);
        if (code === 'Enter') {
          shell.typed('\n');
          return;
        }
        const shift = held.has('ShiftLeft');
        for (const [char, key] of layoutNamed('us').keys) {
          if (key.code === code && (key.shift ?? false) === shift) shell.typed(char);
        }
      },
    },
    { shell: { on: 'screen' }, ...spec },
  );
  const vga = new FakeTerminal();
  const shell = new FakeShell(
    machine,
    (bytes) => {
      vga.write(new TextDecoder('latin1').decode(bytes));
      machine.show(vga.rows, vga.cursor);
    },
    // The screen wraps by itself.
    { width: Infinity, ...options },
  );
  return { machine, shell };
}

/** An 80x25 terminal that wraps, scrolls, goes home and clears; other sequences do nothing. */
class FakeTerminal {
  rows: string[] = Array.from({ length: 25 }, () => '');
  cursor = { column: 0, row: 0 };
  #pending = '';

  write(text: string): void {
    let rest = this.#pending + text;
    this.#pending = '';
    while (rest.length > 0) {
      const escape = /^\u001b\[[\d;?]*([@-~])/.exec(rest);
      if (escape === null && rest.startsWith('\u001b') && rest.length < 12) {
        this.#pending = rest;
        return;
      }
      if (escape === null) this.#put(rest.charAt(0));
      if (escape?.[1] === 'J') this.rows = this.rows.map(() => '');
      if (escape?.[1] === 'H') this.cursor = { column: 0, row: 0 };
      rest = rest.slice(escape?.[0].length ?? 1);
    }
  }

  #put(char: string): void {
    const { cursor } = this;
    if (char === '\r') cursor.column = 0;
    else if (char === '\n') this.#newLine();
    else {
      if (cursor.column === 80) {
        cursor.column = 0;
        this.#newLine();
      }
      const row = (this.rows[cursor.row] ?? '').padEnd(80);
      this.rows[cursor.row] = row.slice(0, cursor.column) + char + row.slice(cursor.column + 1);
      cursor.column++;
    }
  }

  #newLine(): void {
    if (this.cursor.row < 24) this.cursor.row++;
    else this.rows = [...this.rows.slice(1), ''];
  }
}
