/** Passwords that are typed: never an argument, which every user of the computer can see. */
import { text } from 'node:stream/consumers';
import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';
import { GuestwrightError } from '../../../sdk/errors.js';

/**
 * From the terminal, without showing it, and twice; or the first line of an input that is no terminal.
 * @throws GuestwrightError `usage/password-missing`, `usage/password-differs`
 */
export async function newPassword(user: string): Promise<string> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) return given((await text(stdin)).split(/\r?\n/)[0]);
  // Readline echoes what is typed to its output.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: stdin, output: nowhere, terminal: true });
  const lines = linesOf(reader);
  try {
    stderr.write(`New password of ${user}: `);
    const first = given(await lines());
    stderr.write('\nAgain: ');
    const second = await lines();
    stderr.write('\n');
    if (first === second) return first;
  } finally {
    reader.close();
  }
  throw new GuestwrightError('The passwords are not the same', {
    kind: 'usage',
    code: 'password-differs',
    expected: 'the same password twice',
    next: 'run the command again',
  });
}

/** The next line, also of what was typed ahead; undefined: there is none (Ctrl+C, Ctrl+D). */
function linesOf(reader: Interface): () => Promise<string | undefined> {
  const waiting: string[] = [];
  let isOver = false;
  let wake = (): void => undefined;
  reader.on('line', (line) => {
    waiting.push(line);
    wake();
  });
  reader.on('SIGINT', () => reader.close());
  reader.on('close', () => {
    isOver = true;
    wake();
  });
  return async () => {
    while (waiting.length === 0 && !isOver) await new Promise<void>((resolve) => (wake = resolve));
    return waiting.shift();
  };
}

function given(line: string | undefined): string {
  if (line !== undefined && line !== '') return line;
  throw new GuestwrightError('A password is needed', {
    kind: 'usage',
    code: 'password-missing',
    expected: 'a password, typed or as the first line of the input',
    seen: 'none',
  });
}
