import { expect, test } from 'vitest';
import { failureOf, FakeMachine } from '../machine/fake-machine.test.helper.js';
import type { TypeOptions } from '../machine/types.js';
import { judgeEcho } from './confirm.js';
import { GuestKeyboard } from './keyboard.js';
import { layoutNamed } from './layout.js';

/** What a guest does with the nth key that it reads (0 is the first), Enter and Backspace apart from `losesErasing`. */
type Fault = (nth: number) => 'lost' | 'doubled' | 'swapped' | undefined;

interface TerminalOptions {
  prompt?: string;
  above?: string[];
  layout?: 'us' | 'de';
  /** Goes to the next row after so many bytes, not characters. */
  countsBytes?: boolean;
}

/** A terminal with a line editor: it echoes, wraps, scrolls, and takes back over the edge; an entered line starts anew. */
class Terminal {
  readonly machine: FakeMachine;
  readonly keyboard: GuestKeyboard;
  readonly entered: string[] = [];
  echo: 'on' | 'off' | 'stars' = 'on';
  line = '';
  #read = 0;
  #rows: string[] = [];
  #waiting: string | null = null;
  readonly #prompt: string;
  readonly #layout: 'us' | 'de';
  readonly #countsBytes: boolean;
  readonly #held = new Set<string>();
  readonly #fault: Fault;

  constructor(fault: Fault = () => undefined, options: TerminalOptions = {}) {
    const { prompt = 'guest:~# ', above = ['a line above'], layout = 'us', countsBytes = false } = options;
    this.#fault = fault;
    this.#prompt = prompt;
    this.#layout = layout;
    this.#countsBytes = countsBytes;
    this.#rows = [...above];
    this.machine = new FakeMachine({ onKey: (code, down) => this.#key(code, down) }, { layout });
    this.keyboard = new GuestKeyboard(this.machine);
    this.show();
  }

  async type(text: string, options: TypeOptions = {}): Promise<void> {
    await this.keyboard.type(text, { confirm: true, ...options });
  }

  #key(code: string, down: boolean): void {
    if (!down) return void this.#held.delete(code);
    this.#held.add(code);
    const shift = this.#held.has('ShiftLeft');
    if (code === 'Enter') {
      this.#enter();
      return;
    }
    if (code === 'Backspace') {
      this.#faulty('\b');
      return;
    }
    for (const [character, key] of layoutNamed(this.#layout).keys) {
      if (key.code === code && (key.shift ?? false) === shift) this.#faulty(character);
    }
  }

  #faulty(character: string): void {
    const fault = this.#fault(this.#read++);
    const before = this.#waiting;
    this.#waiting = null;
    if (fault === 'swapped') this.#waiting = character;
    else if (fault !== 'lost') this.#take(character);
    if (fault === 'doubled') this.#take(character);
    if (before !== null) this.#take(before);
    this.show();
  }

  #take(character: string): void {
    this.line = character === '\b' ? this.line.slice(0, -1) : this.line + character;
  }

  #enter(): void {
    this.entered.push(this.line);
    this.#rows.push(this.#prompt + this.#shown());
    this.line = '';
    this.show();
  }

  #shown(): string {
    if (this.echo === 'off') return '';
    return this.echo === 'on' ? this.line : '*'.repeat(this.line.length);
  }

  #wrapped(row: string): string[] {
    const rows: string[] = [];
    let last = '';
    let taken = 0;
    for (const character of row) {
      taken += this.#countsBytes ? Buffer.byteLength(character) : 1;
      if (taken > 80) {
        rows.push(last);
        last = '';
        taken = 1;
      }
      last += character;
    }
    return [...rows, last];
  }

  show(): void {
    const all = [...this.#rows, this.#prompt + this.#shown()].flatMap((row) => this.#wrapped(row));
    const last = all.at(-1) ?? '';
    // As consoles do: a row that is just full keeps the cursor in its last column.
    const column = Math.min(79, last.length);
    const rows = all.slice(-25);
    this.machine.show(rows, { column, row: rows.length - 1 });
  }
}

const COMMAND = 'tar -czf /backup/home.tar.gz --exclude=*.tmp /home && echo "done"';

test('what is echoed as it was typed is typed once', async () => {
  const terminal = new Terminal();
  await terminal.type(`${COMMAND}\n`);
  expect(terminal.entered).toEqual([COMMAND]);
  const downs = terminal.machine.inputs.filter(({ input }) => input.kind === 'key' && input.down);
  const shifts = downs.filter(({ input }) => input.kind === 'key' && input.code === 'ShiftLeft');
  expect(downs.length - shifts.length).toBe(COMMAND.length + 1);
});

test.each<[string, Fault]>([
  ['one lost', (nth) => (nth === 20 ? 'lost' : undefined)],
  ['the first lost', (nth) => (nth === 0 ? 'lost' : undefined)],
  ['the last lost', (nth) => (nth === COMMAND.length - 1 ? 'lost' : undefined)],
  ['the last doubled', (nth) => (nth === COMMAND.length - 1 ? 'doubled' : undefined)],
  ['every tenth lost', (nth) => (nth % 10 === 3 ? 'lost' : undefined)],
  ['every fifth doubled', (nth) => (nth % 5 === 4 ? 'doubled' : undefined)],
  ['every seventh swapped with the next', (nth) => (nth % 7 === 2 ? 'swapped' : undefined)],
  [
    'some of everything',
    (nth) => (['lost', undefined, 'doubled', undefined, undefined, 'swapped'] as const)[(nth * 7) % 17],
  ],
  ['all of the first try lost', (nth) => (nth < COMMAND.length ? 'lost' : undefined)],
])('keys are repaired: %s', async (_what, fault) => {
  const terminal = new Terminal(fault);
  await terminal.type(`${COMMAND}\n`);
  expect(terminal.entered).toEqual([COMMAND]);
});

test('every line is right before it is entered', async () => {
  const terminal = new Terminal((nth) => (nth % 6 === 1 ? 'lost' : undefined));
  await terminal.type('one\ntwo and three\n\nfour');
  expect(terminal.entered).toEqual(['one', 'two and three', '']);
  expect(terminal.line).toBe('four');
});

test('a text that goes over the right edge and makes the screen scroll is followed', async () => {
  const above = Array.from({ length: 24 }, (_, index) => `row ${index % 3}`);
  const terminal = new Terminal((nth) => (nth % 50 === 40 ? 'doubled' : undefined), { above });
  const long = Array.from({ length: 25 }, (_, index) => `word${index}`).join(' ');
  await terminal.type(`${long}\n`);
  expect(terminal.entered).toEqual([long]);
});

test('a text that fills its row to the last column is confirmed', async () => {
  const terminal = new Terminal();
  for (const length of [69, 70, 71, 72]) await terminal.type(`${'x'.repeat(length)}\n`);
  expect(terminal.entered.map((line) => line.length)).toEqual([69, 70, 71, 72]);
});

test('a guest that counts bytes, and so wraps a long line with accents too early, is told', async () => {
  const terminal = new Terminal(undefined, { layout: 'de', countsBytes: true });
  const long = Array.from({ length: 20 }, () => 'schön').join(' ');
  const error = await failureOf(terminal.type(`${long}\n`));
  expect(error.code).toBe('typing-not-confirmed');
  expect(error.message).toContain('count bytes');
  expect(terminal.entered).toEqual([]);
  const fits = 'echo "schön"';
  await terminal.type('\b'.repeat(terminal.line.length));
  await terminal.type(`${fits}\n`);
  expect(terminal.entered).toEqual([fits]);
});

test('rows that are all alike do not hide that the screen has scrolled', async () => {
  const terminal = new Terminal((nth) => (nth === 90 ? 'lost' : undefined), {
    prompt: '# ',
    above: Array<string>(24).fill('# '),
  });
  const long = 'ab'.repeat(60);
  await terminal.type(`${long}\n`);
  expect(terminal.entered).toEqual([long]);
});

test('where nothing is echoed the error says so, and the guest has the text once', async () => {
  const terminal = new Terminal();
  terminal.echo = 'off';
  const error = await failureOf(terminal.type('hunter2\n'));
  expect(error.failure).toMatchObject({ kind: 'assertion', code: 'typing-not-confirmed' });
  expect(error.message).toContain('nothing is echoed');
  expect(error.message).toContain('the echo of "hunter2"');
  expect(error.message).toContain('without `confirm`');
  expect(error.message).toContain('guest:~#');
  expect([terminal.line, terminal.entered]).toEqual(['hunter2', []]);
});

test('a guest that makes something else of the keys is told with what was seen, in bounded time', async () => {
  const terminal = new Terminal();
  terminal.echo = 'stars';
  const error = await failureOf(terminal.type('abc\n'));
  expect(error.code).toBe('typing-not-confirmed');
  expect(error.message).toContain('"***"');
  expect(error.message).toContain('same layout');
  expect(terminal.entered).toEqual([]);
});

test('a secret is confirmed by its number of stars', async () => {
  const terminal = new Terminal((nth) => (nth === 3 ? 'lost' : undefined));
  terminal.echo = 'stars';
  await terminal.type('hunter2\n', { secret: true });
  expect(terminal.entered[0]).toHaveLength(7);
});

test('a secret that is not confirmed is in no error', async () => {
  const lossy = new Terminal((nth) => (nth > 2 ? 'lost' : undefined));
  const error = await failureOf(lossy.type('hunter2', { secret: true }));
  const told = error.message + JSON.stringify([error.failure, lossy.machine.actions]);
  expect(told).not.toMatch(/hunter|hun/);
  expect(error.message).toContain('3 characters for a text of 7');
  expect(lossy.machine.inputs.every(({ secret }) => secret)).toBe(true);
});

test('a screen that nothing can be read on is told before anything is typed', async () => {
  const terminal = new Terminal();
  const { machine } = terminal;
  machine.content = { kind: 'graphic', width: 4, height: 4, rgba: new Uint8Array(64).fill(255), mode: '4x4' };
  const error = await failureOf(terminal.type('abc'));
  expect(error.code).toBe('typing-not-confirmed');
  expect(error.message).toContain('nothing was typed');
  expect(machine.inputs).toEqual([]);
});

test('a screen that is cleared meanwhile is told', async () => {
  const terminal = new Terminal();
  terminal.machine.at(300, () => terminal.machine.show([], { column: 0, row: 0 }));
  terminal.machine.guest.onKey = () => undefined;
  const error = await failureOf(terminal.type('a long text to be typed'));
  expect(error.message).toContain('the place is gone');
});

test.each([
  ['', '', { kind: 'short', right: 0 }],
  ['ab', '', { kind: 'short', right: 2 }],
  ['abc', '', { kind: 'complete' }],
  ['abcc', '', { kind: 'wrong', right: 3, wrong: 1 }],
  ['acb', '', { kind: 'wrong', right: 1, wrong: 2 }],
  ['ab', 'c', { kind: 'complete' }],
  ['ab', 'x', { kind: 'short', right: 2 }],
  ['ab', ' ', { kind: 'short', right: 2 }],
  ['x', 'y', { kind: 'wrong', right: 0, wrong: 2 }],
])('the echo %j with %j under the cursor of "abc" is judged', (text, under, verdict) => {
  expect(judgeEcho(['a', 'b', 'c'], { text, under }, false)).toEqual(verdict);
});

test('characters beyond ASCII are confirmed by their places', () => {
  const echo = (text: string) => judgeEcho(Array.from('né я'), { text, under: '' }, false).kind;
  expect([echo('né я'), echo('nΘ ?'), echo('n\u25a0 \ufffd')]).toEqual(['complete', 'complete', 'complete']);
  expect([echo('ne ?'), echo('n  ?'), echo('né?')]).toEqual(['wrong', 'wrong', 'wrong']);
});
