/** The keyboard: chords and text, in guest time, with no key lost. */
import { GuestwrightError } from '../errors.js';
import { InOrder } from '../machine/in-order.js';
import type { MachinePort } from '../machine/port.js';
import type { BootCommandOptions, Keyboard, TypeOptions } from '../machine/types.js';
import { readBootCommand } from './boot-command.js';
import { commandInvalid, runBootCommand, type BootDevices } from './boot-command-run.js';
import { typeConfirmed } from './confirm.js';
import type { KeyCode } from './keycodes.js';
import { groupsOf } from './groups.js';
import { parseChord } from './keys.js';
import { keystrokesFor, type Layout, type LayoutGroups, type TypedCharacter } from './layout.js';
import { askUntil, Spacing } from './pace.js';
import { bareScreen, type KeyboardScreen } from './keyboard-screen.js';

/** Guest ms between two keys when no `delay` is given: faster than any typist, slower than any driver's debouncing. */
export const KEY_SPACING = 20;

/** The same where guest time is wall time and costs something: every key is taken before the next, and that is enough. */
const FREE_KEY_SPACING = 0;

/** Bytes that a PS/2 keyboard's queue holds (QEMU: `PS2_QUEUE_SIZE`). A key is one byte down and two up. */
const QUEUE_BYTES = 16;
/** Keys for typing that have one byte more, each way. */
const EXTENDED: ReadonlySet<KeyCode> = new Set(['AltRight', 'ControlRight', 'NumpadEnter', 'NumpadDivide']);

/** Keys held down, so that a revert can take the keyboard back with the guest. */
export interface KeyboardState {
  readonly held: readonly KeyCode[];
}

/** What a keystroke is part of, for messages. Never holds text. */
interface Progress {
  /** Keystrokes done, of all. */
  typed: number;
  total: number;
  /** What is still to come, in words. */
  rest: string;
}

/**
 * Types no faster than the guest takes it: after every keystroke it waits until the guest has read all of it out of the
 * controller (and out of the firmware's buffer), then {@link KEY_SPACING} guest ms before the next.
 *
 * Every method throws `guest/keyboard-not-read` when the guest does not read its keyboard within the expect time-out,
 * `guest/keyboard-not-enabled` when nothing has programmed it within the boot time-out, and the clock's `guest/...`
 * errors when the machine is off, halted or crashed.
 */
export class GuestKeyboard implements Keyboard {
  readonly #port: MachinePort;
  readonly #screen: KeyboardScreen;
  readonly #variables: Readonly<Record<string, string>>;
  readonly #groups: LayoutGroups;
  /** What chords are written in. */
  readonly #layout: Layout;
  readonly #order = new InOrder();
  readonly #spacing: Spacing;
  /** Keys that are down, in the order in which they went down. */
  #held = new Set<KeyCode>();

  /**
   * @param screen where the echo of confirmed typing is read, and what boot commands wait for; default: the port's, in
   * text modes
   * @param variables what boot commands can use, besides what they are given
   * @throws GuestwrightError `usage/unknown-key` when the layouts' toggle is no chord
   */
  constructor(
    port: MachinePort,
    screen: KeyboardScreen = bareScreen(port),
    variables: Readonly<Record<string, string>> = {},
  ) {
    this.#port = port;
    this.#screen = screen;
    this.#variables = variables;
    this.#groups = groupsOf(port.spec.layout);
    [this.#layout] = this.#groups.groups;
    this.#spacing = new Spacing(port);
  }

  /**
   * @param options.delay guest ms between the keys going down and going up; default 0
   * @throws GuestwrightError `usage/unknown-key` with the nearest names
   */
  async press(chord: string, options: { delay?: number } = {}): Promise<void> {
    await this.#port.act(
      { name: 'keyboard.press', title: `Press ${chord}`, params: { chord, ...options } },
      async () => {
        const codes = parseChord(chord, this.#layout);
        const hold = checkedDelay(options.delay);
        await this.#order.run(async () => {
          await this.#space(0);
          await this.#strokes([codes], hold, { typed: 0, total: 1, rest: `the chord ${chord}` }, false);
        });
      },
    );
  }

  /** Holds a key (one, no chord) until `up`. Text typed meanwhile is typed with it held. */
  async down(key: string): Promise<void> {
    await this.#port.act({ name: 'keyboard.down', title: `Hold ${key}`, params: { key } }, async () => {
      const code = oneKey(key, parseChord(key, this.#layout));
      await this.#order.run(async () => this.#turn(code, true, `the key ${key}`, false));
    });
  }

  async up(key: string): Promise<void> {
    await this.#port.act({ name: 'keyboard.up', title: `Release ${key}`, params: { key } }, async () => {
      const code = oneKey(key, parseChord(key, this.#layout));
      await this.#order.run(async () => this.#turn(code, false, `the release of ${key}`, false));
    });
  }

  /**
   * @param options.delay guest ms between two keys, added to the default {@link KEY_SPACING}
   * @param options.secret the text is in no report, error or journal
   * @param options.confirm compares the echo on the screen with the text and repairs it, before every Enter and at the end
   * @throws GuestwrightError `usage/character-not-on-layout` before anything is typed, `assertion/typing-not-confirmed`
   */
  async type(text: string, options: TypeOptions = {}): Promise<void> {
    const secret = options.secret === true;
    const shown = secret ? '***' : text;
    await this.#port.act(
      {
        name: 'keyboard.type',
        title: secret ? 'Type a secret' : `Type ${JSON.stringify(text)}`,
        params: { text: shown, ...options },
      },
      async () => {
        const typed = keystrokesFor(text, this.#groups, { secret });
        const delay = checkedDelay(options.delay);
        await this.#order.run(async () => {
          if (options.confirm !== true) {
            await this.#typeCharacters(typed, delay, secret);
            return;
          }
          const send = async (part: string): Promise<void> =>
            this.#typeCharacters(keystrokesFor(part, this.#groups, { secret }), delay, secret);
          await typeConfirmed(text, { port: this.#port, frames: this.#screen, send, secret });
        });
      },
    );
  }

  /**
   * Runs a boot command, in the language that Packer's have (docs/boot-commands.md). Keys that it holds at its end stay
   * held, as with `down`; when it fails it releases them.
   * @throws GuestwrightError `usage/boot-command-invalid`, `usage/character-not-on-layout` before anything is typed;
   * later whatever a step of it fails of, with the step's place
   */
  async run(command: string | readonly string[], options: BootCommandOptions = {}): Promise<void> {
    const text = typeof command === 'string' ? command : command.join('');
    const { secret = false, variables = {} } = options;
    const shown = secret ? '***' : text;
    await this.#port.act(
      {
        name: 'keyboard.run',
        title: secret ? 'Run a secret boot command' : `Run the boot command ${JSON.stringify(text)}`,
        params: { command: shown, ...(secret ? {} : { variables }) },
      },
      async () => {
        const delay = checkedDelay(options.delay);
        const reading = readBootCommand(text, {
          layout: this.#layout,
          variables: { ...this.#variables, ...variables },
        });
        if (reading.kind === 'mistake') throw commandInvalid(reading, secret);
        for (const { action } of reading.steps) {
          if (action.kind === 'text') keystrokesFor(action.text, this.#groups, { secret });
        }
        await this.#order.run(async () => {
          const before = new Set(this.#held);
          try {
            await runBootCommand(reading.steps, this.#bootDevices(delay, secret), { secret });
          } catch (error) {
            await this.#letGo([...this.#held].filter((code) => !before.has(code)).reverse(), secret);
            throw error;
          }
        });
      },
    );
  }

  #bootDevices(delay: number, secret: boolean): BootDevices {
    const named = (code: KeyCode): string => (secret ? 'a key of a secret' : `the key ${code}`);
    return {
      type: async (text) => this.#typeCharacters(keystrokesFor(text, this.#groups, { secret }), delay, secret),
      press: async (codes) => {
        await this.#space(delay);
        await this.#strokes([codes], 0, { typed: 0, total: 1, rest: codes.map(named).join(' and ') }, secret);
      },
      hold: async (code) => this.#turn(code, true, named(code), secret),
      release: async (code) => this.#turn(code, false, `the release of ${named(code)}`, secret),
      wait: async (ms) => this.#port.clock.advance(ms),
      waitForText: async (pattern, timeout) => {
        await this.#screen.getByText(pattern).waitFor(timeout === null ? {} : { timeout });
      },
      waitForStable: async (timeout) => {
        await this.#screen.waitForStable(timeout === null ? {} : { timeout });
      },
    };
  }

  /** One key down or up, for good. */
  async #turn(code: KeyCode, down: boolean, rest: string, secret: boolean): Promise<void> {
    await this.#space(0);
    if (down) await this.#enabled();
    await this.#send(code, down, secret);
    await this.#taken({ typed: 0, total: 1, rest });
    this.#spacing.mark();
  }

  async #typeCharacters(typed: readonly TypedCharacter[], delay: number, secret: boolean): Promise<void> {
    const chords = typed.flatMap((character, index) => character.chords.map((codes) => ({ codes, index })));
    const atOnce = this.#port.clock.kind === 'free' && delay === 0;
    for (let done = 0; done < chords.length;) {
      const left = typed.slice(chords[done]?.index).map(({ character }) => character);
      const rest = secret ? 'the rest of a secret' : JSON.stringify(left.join(''));
      const part = chords.slice(done, done + (atOnce ? fitting(chords, done) : 1)).map(({ codes }) => codes);
      await this.#space(delay);
      await this.#strokes(part, 0, { typed: done, total: chords.length, rest }, secret);
      done += part.length;
    }
  }

  /** For snapshots: what a revert must bring back on this side. */
  save(): KeyboardState {
    return { held: [...this.#held] };
  }

  /** After a revert, or with no state after a power-on: the guest's keyboard is as it was then. */
  restore(state: KeyboardState = { held: [] }): void {
    this.#held = new Set(state.held);
    this.#spacing.forget();
  }

  async #space(delay: number): Promise<void> {
    const spacing = this.#port.clock.kind === 'free' ? FREE_KEY_SPACING : KEY_SPACING;
    await this.#spacing.until(spacing + delay);
  }

  /**
   * Each chord's keys down in order, up in reverse, one chord after the other. With no `hold` the guest gets all of it at
   * once and in order, as a controller queues it. Keys that the scenario holds already are left alone.
   */
  async #strokes(
    chords: readonly (readonly KeyCode[])[],
    hold: number,
    progress: Progress,
    secret: boolean,
  ): Promise<void> {
    await this.#enabled();
    const already = new Set(this.#held);
    const strokes = chords.map((codes) => {
      // The last key is pressed even when it is held (it repeats, as on a real keyboard); modifiers are not.
      const press = codes.filter((code, index) => index === codes.length - 1 || !already.has(code));
      return { press, release: press.filter((code) => !already.has(code)).reverse() };
    });
    const down = (code: KeyCode): Promise<void> => this.#send(code, true, secret);
    const up = (code: KeyCode): Promise<void> => this.#send(code, false, secret);
    try {
      // An engine carries calls out in the order in which they were made: none waits for the answer to the one before.
      const sent = strokes.flatMap(({ press, release }) => [...press.map(down), ...(hold > 0 ? [] : release.map(up))]);
      await Promise.all(sent);
      if (hold > 0) {
        await this.#taken(progress);
        await this.#port.clock.advance(hold);
        await Promise.all(strokes.flatMap(({ release }) => release.map(up)));
      }
    } catch (error) {
      await this.#letGo(
        strokes.flatMap(({ release }) => release),
        secret,
      );
      throw error;
    }
    await this.#taken(progress);
    this.#spacing.mark();
  }

  /** Releases what is still down after a failure, as far as the machine still takes anything. */
  async #letGo(codes: readonly KeyCode[], secret: boolean): Promise<void> {
    for (const code of codes) {
      if (!this.#held.has(code)) continue;
      try {
        await this.#send(code, false, secret);
      } catch {
        // The machine is gone, and with it the key that was down; the first error is the one to tell.
        this.#held.delete(code);
      }
    }
  }

  async #send(code: KeyCode, down: boolean, secret: boolean): Promise<void> {
    await this.#port.input({ kind: 'key', code, down }, ...(secret ? [{ secret }] : []));
    if (down) this.#held.add(code);
    else this.#held.delete(code);
  }

  async #enabled(): Promise<void> {
    const timeout = this.#port.timeouts.boot;
    await askUntil(this.#port, {
      what: 'the guest to enable its keyboard',
      check: async () => (await this.#port.observe({ kind: 'keyboard' })).enabled,
      timeout,
      onTimeout: () =>
        new GuestwrightError(`The guest did not enable its keyboard within ${timeout} ms`, {
          kind: 'guest',
          code: 'keyboard-not-enabled',
          expected: 'firmware or a driver that programs the keyboard controller',
          seen: `keyboard still disabled at ${this.#port.clock.now} ms of guest time`,
          next: 'wait for something on the screen before typing, or look at whether the guest has booted at all',
        }),
    });
  }

  /** Waits until the guest has taken every byte; a machine that went off because of the key has taken it too. */
  async #taken(progress: Progress): Promise<void> {
    const timeout = this.#port.timeouts.expect;
    await this.#port.clock.waitUntil<true>({
      what: 'the guest to read its keyboard',
      on: ['keyboard', 'power'],
      check: async () => {
        const { pending } = await this.#port.observe({ kind: 'keyboard' });
        if (pending === 0) return true;
        const { state } = await this.#port.observe({ kind: 'power' });
        // Keys can switch a machine off; whether that was right is for the next call to say.
        return state === 'running' ? undefined : true;
      },
      timeout,
      survivesPowerOff: true,
      onTimeout: async (waited) => {
        const { pending } = await this.#port.observe({ kind: 'keyboard' });
        return new GuestwrightError('The guest does not read its keyboard', {
          kind: 'guest',
          code: 'keyboard-not-read',
          expected: `every key taken within ${timeout} ms of guest time`,
          seen:
            `${progress.typed} of ${progress.total} keystrokes taken; ${pending} still waiting in the keyboard after ${waited} ms; ` +
            `not taken: ${progress.rest}`,
          next: 'wait until the guest asks for input before typing; a guest that hangs reads nothing (look at the screen)',
        });
      },
    });
  }
}

/** How many chords, from one on, the keyboard's queue has room for when it is empty. At least that one. */
function fitting(chords: readonly { codes: readonly KeyCode[] }[], from: number): number {
  let bytes = 0;
  let count = 0;
  for (const { codes } of chords.slice(from)) {
    for (const code of codes) bytes += EXTENDED.has(code) ? 5 : 3;
    if (bytes > QUEUE_BYTES) break;
    count++;
  }
  return Math.max(1, count);
}

function oneKey(name: string, codes: readonly KeyCode[]): KeyCode {
  const [code] = codes;
  if (code !== undefined && codes.length === 1) return code;
  throw new GuestwrightError(`${JSON.stringify(name)} is more than one key`, {
    kind: 'usage',
    code: 'not-one-key',
    expected: 'one key: Shift, a, ArrowUp',
    seen: `${JSON.stringify(name)}, which takes ${codes.join(' and ')}`,
    next: 'call down() for each of them, or press() for the chord',
  });
}

function checkedDelay(delay = 0): number {
  if (Number.isFinite(delay) && delay >= 0) return delay;
  throw new GuestwrightError('The delay between keys is not valid', {
    kind: 'usage',
    code: 'delay-invalid',
    expected: 'a number of guest milliseconds, 0 or more',
    seen: String(delay),
  });
}
