/** A person at a machine: keys go in, what changes comes out, until they leave or the guest powers off. */
import { GuestwrightError } from '../../../sdk/errors.js';
import type { Machine } from '../../../sdk/machine/types.js';
import type { Terminal } from './terminal.js';

/** What of a machine is shown, and where keys go. */
export interface View {
  /** Draws from the top of an empty terminal, rather than after what stands there. */
  readonly wantsWholeTerminal: boolean;
  /** Shows what is new. `message` is a sentence for the user, where there is a place for it. */
  show(terminal: Terminal, message: string | null): Promise<void>;
  /** Sends what was typed, as the terminal gave it. */
  send(input: string): Promise<void>;
}

/** Ctrl-]: ends the session at once, whatever is still to be typed. */
export const LEAVE = '\x1d';

/** Guest ms between two looks: 25 pictures a second while the guest keeps up with the wall. */
const LOOK_EVERY_MS = 40;

/** @returns a sentence about how it ended */
export async function runSession(machine: Machine, view: View, terminal: Terminal): Promise<string> {
  const end = new AbortController();
  const leave = (): void => end.abort();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, leave);
  terminal.onEnd(leave);

  const typing = new Typing(view, leave);
  terminal.onKeys((input) => typing.add(input));
  try {
    while (!end.signal.aborted) {
      // Leaving interrupts both: a guest that hangs, or reads no keys, must not hold its user.
      await orLeft(view.show(terminal, typing.message), end.signal);
      if (machine.state === 'off') break;
      // A guest that crashed or halted stays on the screen, to be read.
      await orLeft(machine.state === 'running' ? advance(machine) : new Promise(() => undefined), end.signal);
    }
    if (typing.failure !== null) throw typing.failure;
    return wordEnd(machine);
  } finally {
    for (const signal of signals) process.off(signal, leave);
    leave();
  }
}

/** Sends what is typed, one piece after the other: keys that arrive while others are being typed must not overtake them. */
class Typing {
  /** About the last keys, for the user. */
  message: string | null = null;
  /** What ended the session. */
  failure: Error | null = null;
  readonly #view: View;
  readonly #leave: () => void;
  #sent = Promise.resolve();
  #over = false;

  constructor(view: View, leave: () => void) {
    this.#view = view;
    this.#leave = leave;
  }

  add(input: string): void {
    const at = input.indexOf(LEAVE);
    if (at === -1) this.#sent = this.#sent.then(() => this.#send(input));
    else this.#end();
  }

  async #send(input: string): Promise<void> {
    if (this.#isOver()) return;
    try {
      this.message = null;
      await this.#view.send(input);
    } catch (error) {
      if (this.#isOver()) return;
      // A key that the machine's layout does not have is no reason to end the session.
      if (error instanceof GuestwrightError && error.kind !== 'infrastructure') {
        this.message = error.message.split('\n')[0] ?? null;
      } else {
        this.failure = error instanceof Error ? error : new Error(String(error));
        this.#end();
      }
    }
  }

  #isOver(): boolean {
    return this.#over;
  }

  #end(): void {
    this.#over = true;
    this.#leave();
  }
}

/** The guest may stop meanwhile: the loop sees that by its state. */
async function advance(machine: Machine): Promise<void> {
  try {
    await machine.clock.advance(LOOK_EVERY_MS);
  } catch (error) {
    if (error instanceof GuestwrightError && error.kind === 'guest') return;
    throw error;
  }
}

/** Waits for `work` or for the user to leave. (Promise.race would add to one promise for as long as the session lasts.) */
async function orLeft(work: Promise<void>, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const leave = (): void => resolve();
    signal.addEventListener('abort', leave);
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
    if (signal.aborted) resolve();
  });
}

function wordEnd(machine: Machine): string {
  const after = `after ${(machine.clock.now / 1000).toFixed(1)} s of guest time`;
  switch (machine.state) {
    case 'off':
      return `${machine.name} powered itself off ${after}.`;
    case 'crashed':
    case 'halted': {
      const seen = machine.failure?.seen;
      return `${machine.name} ${machine.state} ${after}${seen === undefined ? '' : `: ${seen}`}.`;
    }
    default:
      return `Left ${machine.name} ${after}; the machine is gone.`;
  }
}
