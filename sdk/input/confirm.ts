/** Typing that is confirmed: what is echoed is compared with what was typed, and repaired. */
import { GuestwrightError } from '../errors.js';
import type { FrameSource } from '../machine/locator.js';
import type { MachinePort } from '../machine/port.js';
import { seenAt } from '../machine/seen.js';
import { waitWithin } from '../machine/wait-within.js';
import type { Frame } from '../screen/frame.js';
import { echoScreen, readEcho, type Echo, type EchoScreen } from './echo.js';
import { characters, isControl } from './layout.js';

/** Guest ms without any change after which an echo that is not as expected is taken for what it is. */
const QUIET = 1000;
/** Guest ms for which an echo has to stay as expected: a key that arrives twice shows later than once. */
const STEADY = 60;
/** Guest ms without a change around the cursor, after which it stands where typing will begin. */
const SETTLED = 100;
/** Rounds of typing and erasing without one more character being right. */
const ROUNDS = 20;

export interface ConfirmedText {
  readonly port: MachinePort;
  readonly frames: FrameSource;
  /** Types a part of the text, or backspaces (`\b`). */
  readonly send: (text: string) => Promise<void>;
  readonly secret: boolean;
}

/** What an echo says about the text of which it should be. */
export type EchoVerdict =
  | { kind: 'complete' }
  /** As far as it goes it is right; `right` characters are there. */
  | { kind: 'short'; right: number }
  /** After `right` characters there are `wrong` ones that do not belong there. */
  | { kind: 'wrong'; right: number; wrong: number };

/**
 * Types a text run by run, a run being what stands between two control characters: Enter is pressed only when what is
 * before it stands on the screen as it should.
 * @throws GuestwrightError `assertion/typing-not-confirmed` with what was echoed and the screen
 */
export async function typeConfirmed(text: string, on: ConfirmedText): Promise<void> {
  let run: string[] = [];
  for (const character of characters(text)) {
    if (!isControl(character)) {
      run.push(character);
      continue;
    }
    await new Run(run, on).type();
    await on.send(character);
    run = [];
  }
  await new Run(run, on).type();
}

/** Compares an echo with the text that it should be. A row that is just full may hide its last character under the cursor. */
export function judgeEcho(expected: readonly string[], { text, under }: Echo, secret: boolean): EchoVerdict {
  const plain = judgeCells(expected, Array.from(text), secret);
  if (under === '' || under === ' ' || plain.kind === 'complete') return plain;
  const filled = judgeCells(expected, Array.from(text + under), secret);
  // What is under the cursor may as well be something old: it counts where it continues the text.
  return filled.kind === 'wrong' && plain.kind === 'short' ? plain : filled;
}

function judgeCells(expected: readonly string[], seen: readonly string[], secret: boolean): EchoVerdict {
  const first = seen.findIndex((cell, index) => !echoes(expected[index], cell, secret));
  if (first >= 0) return { kind: 'wrong', right: first, wrong: seen.length - first };
  return seen.length === expected.length ? { kind: 'complete' } : { kind: 'short', right: seen.length };
}

function rightOf(verdict: EchoVerdict, expected: readonly string[]): number {
  return verdict.kind === 'complete' ? expected.length : verdict.right;
}

/** Whether a cell can be the echo of a character. */
function echoes(character: string | undefined, cell: string, secret: boolean): boolean {
  if (character === undefined) return false;
  if (cell === character || (secret && cell === '*')) return true;
  if (/^\s$/u.test(character)) return cell === ' ';
  // What a guest's own font draws for characters beyond ASCII cannot be told from cells; "?" stands for those that it lacks.
  return character > '~' && (cell > '~' || cell === '?');
}

/**
 * Whether the guest may place this text otherwise than it stands in its line: over the edge of the row, with characters
 * that take several bytes. What Backspace does there does not show, so that no repair could be trusted.
 */
function isCountedInBytes(text: readonly string[], { column, columns }: EchoScreen): boolean {
  return column + text.length >= columns && text.some((character) => character > '~');
}

/** A run being typed. */
class Run {
  readonly #expected: readonly string[];
  readonly #on: ConfirmedText;
  /** The first echo that was wrong: what is on the screen at the end may have been taken back. */
  #wrong: Echo | null = null;

  constructor(expected: readonly string[], on: ConfirmedText) {
    this.#expected = expected;
    this.#on = on;
  }

  async type(): Promise<void> {
    if (this.#expected.length === 0) return;
    const start = await this.#begin();
    let best = 0;
    let idle = 0;
    let echoed = false;
    // All at once while all goes well; where keys get lost, in parts that are small enough to arrive whole.
    let part = this.#expected.length;
    for (let verdict: EchoVerdict = { kind: 'short', right: 0 }; verdict.kind !== 'complete';) {
      if (verdict.kind === 'wrong' && isCountedInBytes(this.#expected, start))
        throw await this.#error(start, 'wraps otherwise');
      const typing = verdict.kind === 'short';
      const goal = await this.#next(verdict, part);
      verdict = await this.#settle(start, goal);
      if (!echoed && verdict.kind === 'short' && verdict.right === 0) verdict = await this.#probe(start);
      echoed = true;
      const right = rightOf(verdict, this.#expected);
      if (typing) part = right >= goal.length ? part * 2 : Math.max(1, Math.floor(part / 2));
      idle = right > best ? 0 : idle + 1;
      best = Math.max(best, right);
      if (idle === ROUNDS) throw await this.#error(start, 'repairs did not help');
    }
  }

  /** Where typing will begin: where the cursor has come to rest. */
  async #begin(): Promise<EchoScreen> {
    let before = '';
    const settled = await this.#changes(SETTLED, this.#on.port.timeouts.expect, async () => {
      const screen = echoScreen(await this.#on.frames.current());
      const now = screen === null ? '' : `${screen.column} ${screen.row} ${screen.rows[screen.row] ?? ''}`;
      const changed = now !== before;
      before = now;
      return { changed, done: false, value: screen };
    });
    if (settled === null) throw await this.#error(null, 'nothing can be read');
    return settled;
  }

  /** Types on, or takes back what is wrong. Gives the text that should stand there then. */
  async #next(verdict: Exclude<EchoVerdict, { kind: 'complete' }>, part: number): Promise<readonly string[]> {
    if (verdict.kind === 'wrong') {
      await this.#on.send('\b'.repeat(verdict.wrong));
      return this.#expected.slice(0, verdict.right);
    }
    const goal = this.#expected.slice(0, verdict.right + part);
    await this.#on.send(goal.slice(verdict.right).join(''));
    return goal;
  }

  /** Waits until the echo is `goal` and stays so, or until it does not change any more. The verdict is on the whole run. */
  async #settle(start: EchoScreen, goal: readonly string[]): Promise<EchoVerdict> {
    let before = '';
    let steadySince: number | null = null;
    const verdict = await this.#changes(QUIET, this.#on.port.timeouts.expect, async () => {
      const echo = await this.#echo(start);
      const value = echo && judgeEcho(this.#expected, echo, this.#on.secret);
      const now = JSON.stringify(echo);
      const changed = now !== before;
      before = now;
      const time = this.#on.port.clock.now;
      const there = value !== null && value.kind !== 'wrong' && rightOf(value, this.#expected) === goal.length;
      steadySince = there ? (steadySince ?? time) : null;
      return { changed, done: steadySince !== null && time - steadySince >= STEADY, value };
    });
    if (verdict === null) throw await this.#error(start, 'the place is gone');
    if (verdict.kind === 'wrong') this.#wrong ??= await this.#echo(start);
    return verdict;
  }

  /**
   * Looks at every change of the screen, and every {@link STEADY} ms, until `look` is done, or tells no change for
   * `quiet` ms, or `most` ms have passed. Gives the last look's value.
   */
  async #changes<T>(
    quiet: number,
    most: number,
    look: () => Promise<{ changed: boolean; done: boolean; value: T }>,
  ): Promise<T> {
    const { port } = this.#on;
    const begin = port.clock.now;
    let since = begin;
    for (;;) {
      const { changed, done, value } = await look();
      const now = port.clock.now;
      if (changed) since = now;
      if (done || now - since >= quiet || now - begin >= most) return value;
      let first = true;
      await waitWithin(port, {
        what: 'the echo of what was typed',
        on: ['screen'],
        timeout: Math.min(STEADY, quiet),
        check: () => {
          // Asked at once, and then whenever the screen has changed.
          const again = first ? undefined : true;
          first = false;
          return again;
        },
      });
    }
  }

  /**
   * Nothing at all was echoed: either every key was lost, or nothing is echoed here, as with passwords. One more
   * character tells; where it is not echoed either, it is taken back.
   */
  async #probe(start: EchoScreen): Promise<EchoVerdict> {
    const [first = ''] = this.#expected;
    await this.#on.send(first);
    const verdict = await this.#settle(start, [first]);
    if (verdict.kind !== 'short' || verdict.right > 0) return verdict;
    await this.#on.send('\b');
    throw await this.#error(start, 'nothing is echoed');
  }

  async #echo(start: EchoScreen): Promise<Echo | null> {
    const now = echoScreen(await this.#on.frames.current());
    return now && readEcho(start, now);
  }

  async #error(start: EchoScreen | null, reason: keyof typeof NEXT): Promise<GuestwrightError> {
    const frame = await this.#on.frames.current();
    const now = start && (await this.#echo(start));
    const echo = reason === 'repairs did not help' ? (this.#wrong ?? now) : now;
    return this.#on.secret
      ? notConfirmed('a secret', `${wordCount(this.#expected, echo)}\nguest time ${frame.time} ms`, reason)
      : notConfirmed(JSON.stringify(this.#expected.join('')), wordSeen(echo, frame), reason);
  }
}

const NEXT = {
  'nothing is echoed':
    'type what is not echoed (passwords) without `confirm`; the text has been typed once, so it may be there all the same. ' +
    'Otherwise wait until the guest asks for input before typing',
  'nothing can be read':
    'nothing was typed: the echo is read in text modes that show a cursor; type without `confirm` and look at the result',
  'the place is gone':
    'something else has changed the screen meanwhile: wait until the guest asks for input before typing, one command at a time',
  'wraps otherwise':
    'the text is still there, not entered: shells that count bytes where they should count characters (busybox) go to the ' +
    'next row too early after characters beyond ASCII, and then erase others than they show. Write such a line to a file ' +
    '(`machine.shell`), or type it in parts that fit the row',
  'repairs did not help':
    'check that machine and guest are set to the same layout (spec field "layout") and that Caps Lock is off; a field that ' +
    'changes what is typed, or scrolls sideways, cannot be confirmed',
} as const;

function notConfirmed(what: string, seen: string, reason: keyof typeof NEXT): GuestwrightError {
  return new GuestwrightError(`The screen does not show what was typed: ${reason}`, {
    kind: 'assertion',
    code: 'typing-not-confirmed',
    expected: `the echo of ${what}`,
    seen,
    next: NEXT[reason],
  });
}

function wordSeen(echo: Echo | null, frame: Frame): string {
  return `${echo === null ? 'no echo' : JSON.stringify(echo.text + echo.under.trim())}\n${seenAt(frame)}`;
}

function wordCount(expected: readonly string[], echo: Echo | null): string {
  return `${echo === null ? 'no echo' : `${Array.from(echo.text).length} characters`} for a text of ${expected.length}`;
}
