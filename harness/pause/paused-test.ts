/** A test that waits for its user: its machine is in a page, to be looked at and used, until it is told to go on. */
import type { TestInfo } from '@playwright/test';
import { GuestwrightError } from '../../sdk/errors.js';
import { InOrder } from '../../sdk/machine/in-order.js';
import type { Machine } from '../../sdk/machine/types.js';
import { LiveMachine } from '../live/live-machine.js';
import { openInBrowser } from '../live/open-in-browser.js';
import type { FromPage } from '../live/protocol.js';
import { serveLive, type LiveServer } from '../live/server.js';
import { isUse, useMachine } from '../live/use-machine.js';
import { Viewers } from '../live/viewers.js';
import { WIDTH_VARIABLE } from '../terminal.js';
import { withoutTimeouts } from '../trace/playwright-internals.js';

export interface Pause {
  machine: Machine;
  /** Title of the action that comes next; null: the test is over. */
  next: string | null;
  /** What it failed of. */
  error: string | null;
}

/** How the user lets it go on. */
export type GoOn = 'step' | 'resume' | 'stop';

export class PausedTest implements AsyncDisposable {
  readonly #testInfo: TestInfo;
  readonly #inOrder = new InOrder();
  #server: LiveServer | null = null;
  #viewers: Viewers | null = null;
  #hear: (message: FromPage) => void = () => undefined;

  constructor(testInfo: TestInfo) {
    this.#testInfo = testInfo;
  }

  /** Until the user has said how to go on. The time-outs of the test stand still meanwhile. */
  async pause({ machine, next, error }: Pause): Promise<GoOn> {
    const viewers = (this.#viewers ??= new Viewers((message) => this.#hear(message)));
    const words = next === null ? 'after the test' : `before "${next}"`;
    if (this.#server === null) {
      this.#server = await serveLive({ page: 'record.html', port: 0, onPage: (socket) => viewers.add(socket) });
      // The runner's terminal, where there is one: a worker's own output is a pipe.
      if (process.env[WIDTH_VARIABLE] !== undefined) openInBrowser(this.#server.url);
    }
    process.stdout.write(`Paused ${words}: ${this.#server.url}\n`);
    viewers.say({ kind: 'test', title: this.#testInfo.title, error, next, canStep: next !== null });
    const live = new LiveMachine(machine, viewers, { paused: true });
    const ended = new AbortController();
    const going = new Promise<GoOn>((resolve) => {
      this.#hear = (message) => {
        if (message.kind === 'go') resolve(message.how === 'finish' ? 'resume' : message.how);
        else void this.#carryOut(message, { machine, live, viewers });
      };
    });
    return await withoutTimeouts(this.#testInfo, async () => {
      const running = live.run(ended.signal);
      try {
        // A machine that fails meanwhile is still there to be looked at.
        return await Promise.race([going, running.then(async () => await going)]);
      } finally {
        this.#hear = () => undefined;
        ended.abort();
        await running.catch(() => undefined);
        await live.setPaused(true);
        if (machine.state === 'paused') await machine.resume();
      }
    });
  }

  async #carryOut(
    message: FromPage,
    { machine, live, viewers }: { machine: Machine; live: LiveMachine; viewers: Viewers },
  ): Promise<void> {
    try {
      if (message.kind === 'pause') await live.setPaused(message.paused);
      if (isUse(message)) await this.#inOrder.run(async () => await useMachine(machine, message));
      if (message.kind === 'try') viewers.say({ kind: 'said', ...(await tryText(machine, message.text)) });
    } catch (error) {
      const [words = ''] = (error instanceof Error ? error.message : String(error)).split('\n', 1);
      viewers.say({ kind: 'said', words, bad: true });
    }
    live.wake();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#viewers?.say({ kind: 'over', words: 'The test has gone on to its end.' });
    await this.#server?.[Symbol.asyncDispose]();
  }
}

/** What `toShowText` would say of the screen as it is. */
async function tryText(machine: Machine, text: string): Promise<{ words: string; bad: boolean }> {
  const locator = machine.screen.getByText(text);
  const frame = await machine.screen.frame();
  const places = await locator.look(frame, 'all');
  const name = JSON.stringify(text);
  if (places.length > 0) {
    const times = places.length === 1 ? 'once' : `${places.length} times`;
    return { words: `toShowText(${name}) would pass: it is there ${times}.`, bad: false };
  }
  const { seen } = await locator.explain(frame);
  return { words: `toShowText(${name}) would wait: ${seen}`, bad: true };
}

export function stopped(): GuestwrightError {
  return new GuestwrightError('The test was stopped in its page', {
    kind: 'usage',
    code: 'stopped-by-user',
    expected: 'the test to be told to go on',
    seen: 'it was told to stop',
  });
}
