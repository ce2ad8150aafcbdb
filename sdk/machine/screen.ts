/** The screen as a scenario sees it: frames, text, and waiting for either. */
import { GuestwrightError } from '../errors.js';
import { makeFrame, type Frame } from '../screen/frame.js';
import { ScreenTextLocator } from './locator.js';
import type { MachinePort } from './port.js';
import { seenAt } from './seen.js';
import type { Pointer, Screen, TextLocator, WaitOptions } from './types.js';

export class MachineScreen implements Screen {
  readonly #port: MachinePort;
  readonly #pointer: Pointer;
  #frame: Frame | null = null;

  /** @param pointer what locators click with */
  constructor(port: MachinePort, pointer: Pointer) {
    this.#port = port;
    this.#pointer = pointer;
  }

  async frame(): Promise<Frame> {
    return await this.#port.act({ name: 'screen.frame', title: 'Take a frame', params: {} }, async () => {
      return await this.current();
    });
  }

  async text(): Promise<string> {
    return await this.#port.act({ name: 'screen.text', title: "Read the screen's text", params: {} }, async () => {
      return textOf(await this.current());
    });
  }

  getByText(text: string | RegExp, options: { exact?: boolean } = {}): TextLocator {
    return new ScreenTextLocator(this.#port, this, this.#pointer, text, options);
  }

  /** @throws GuestwrightError `assertion/screen-timeout` with the screen in words */
  async waitFor(what: string, check: (frame: Frame) => boolean, options: WaitOptions = {}): Promise<Frame> {
    return await this.#port.act(
      { name: 'screen.waitFor', title: `Wait for ${what}`, params: { what, ...options } },
      async () =>
        await this.#port.clock.waitUntil({
          what,
          on: ['screen'],
          timeout: options.timeout ?? this.#port.timeouts.expect,
          check: async () => {
            const frame = await this.current();
            return check(frame) ? frame : undefined;
          },
          onTimeout: async (waited) =>
            new GuestwrightError(`The screen did not come to show ${what}`, {
              kind: 'assertion',
              code: 'screen-timeout',
              expected: `${what} within ${waited} ms`,
              seen: seenAt(await this.current()),
            }),
        }),
    );
  }

  /** The frame of this guest time, made once. Not a step in a report. */
  async current(): Promise<Frame> {
    const { clock } = this.#port;
    // Only where the guest stands still between two waits does its time name what is on the screen.
    if (clock.kind === 'stepped' && this.#frame?.time === clock.now) return this.#frame;
    const content = await this.#port.observe({ kind: 'screen' });
    return (this.#frame = makeFrame(content, clock.now));
  }

  /** Looks anew even at the same guest time: after a revert, a reset or a change of power. */
  forget(): void {
    this.#frame = null;
  }
}

/** One line per row, right-trimmed, without blank rows at the end; empty when nothing can be read. */
export function textOf(frame: Frame): string {
  const lines = frame.grid?.lines.map((line) => line.trimEnd()) ?? [];
  return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1).join('\n');
}
