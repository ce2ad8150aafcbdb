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
  /** @returns true when the user wants to leave; the rest of `input` is then not sent */
  send(input: string): Promise<boolean>;
}

/** Guest ms between two looks: 25 pictures a second while the guest keeps up with the wall. */
const LOOK_EVERY_MS = 40;

/** @returns a sentence about how it ended */
export async function runSession(machine: Machine, view: View, terminal: Terminal): Promise<string> {
  const end = new AbortController();
  const leave = (): void => end.abort();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, leave);
  terminal.onEnd(leave);

  let message: string | null = null;
  // One after the other, or keys that arrive while others are being typed would overtake them.
  let sending = Promise.resolve();
  terminal.onKeys((input) => {
    sending = sending.then(async () => {
      if (end.signal.aborted) return;
      try {
        message = null;
        if (await view.send(input)) leave();
      } catch (error) {
        message = await sentenceFor(error);
      }
    });
  });

  try {
    while (!end.signal.aborted) {
      await view.show(terminal, message);
      if (machine.state === 'off') break;
      await (machine.state === 'running' ? advance(machine) : untilLeft(end.signal));
    }
    return wordEnd(machine);
  } finally {
    for (const signal of signals) process.off(signal, leave);
    leave();
    await sending;
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

/** A guest that crashed or halted stays on the screen, to be read. */
async function untilLeft(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}

/** A key that the machine's layout does not have is no reason to end the session. */
async function sentenceFor(error: unknown): Promise<string> {
  if (error instanceof GuestwrightError && error.kind !== 'infrastructure') {
    return error.message.split('\n')[0] ?? error.message;
  }
  throw error;
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
