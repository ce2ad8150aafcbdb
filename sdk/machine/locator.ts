/** A place on the screen named by its text. */
import { GuestwrightError } from '../errors.js';
import type { Region } from '../screen/content.js';
import type { Frame } from '../screen/frame.js';
import { findText, nearestMiss } from '../screen/text.js';
import type { MachinePort } from './port.js';
import { seenAt } from './seen.js';
import type { Pointer, TextLocator, TextMatch, WaitOptions } from './types.js';

/** What looking for a text in a frame gives. */
type Looked =
  | { kind: 'found'; first: TextMatch; all: TextMatch[] }
  | { kind: 'absent' }
  /** There may be text, but nothing here can read it. */
  | { kind: 'unreadable' };

/** Where frames come from. */
export interface FrameSource {
  current(): Promise<Frame>;
}

/** Where a text is there several times, the first in reading order is meant. */
export class ScreenTextLocator implements TextLocator {
  readonly #port: MachinePort;
  readonly #frames: FrameSource;
  readonly #pointer: Pointer;
  readonly #pattern: string | RegExp;
  readonly #exact: boolean;

  constructor(
    port: MachinePort,
    frames: FrameSource,
    pointer: Pointer,
    pattern: string | RegExp,
    options: { exact?: boolean } = {},
  ) {
    this.#port = port;
    this.#frames = frames;
    this.#pointer = pointer;
    this.#pattern = pattern;
    this.#exact = options.exact ?? false;
  }

  /**
   * With `state: 'hidden'` waits until the text is gone, and gives where it last was.
   * @throws GuestwrightError `assertion/text-not-found`, `assertion/text-still-there`
   */
  async waitFor(options: WaitOptions & { state?: 'visible' | 'hidden' } = {}): Promise<TextMatch> {
    const hidden = options.state === 'hidden';
    const title = hidden ? `Wait for text ${this.toString()} to go` : `Wait for text ${this.toString()}`;
    return await this.#act('waitFor', title, options, async () => {
      return hidden ? await this.#untilHidden(options) : await this.#untilVisible(options);
    });
  }

  async region(): Promise<Region> {
    return await this.#act('region', `Find text ${this.toString()}`, {}, async () => {
      const frame = await this.#frames.current();
      const looked = this.#look(frame);
      if (looked.kind !== 'found') throw this.#notFound(frame);
      return looked.first.region;
    });
  }

  /** @throws GuestwrightError `assertion/text-not-readable` on a graphic screen */
  async all(): Promise<TextMatch[]> {
    return await this.#act('all', `Find all text ${this.toString()}`, {}, async () => {
      const frame = await this.#frames.current();
      const looked = this.#look(frame);
      if (looked.kind === 'unreadable') throw this.#notReadable(frame);
      return looked.kind === 'found' ? looked.all : [];
    });
  }

  async look(frame: Frame): Promise<TextMatch[]> {
    const looked = this.#look(frame);
    if (looked.kind === 'unreadable') throw this.#notReadable(frame);
    return looked.kind === 'found' ? looked.all : [];
  }

  async click(options: WaitOptions = {}): Promise<void> {
    await this.#act('click', `Click text ${this.toString()}`, options, async () => {
      const { region } = await this.#untilVisible(options);
      const x = Math.floor(region.x + region.width / 2);
      const y = Math.floor(region.y + region.height / 2);
      await this.#pointer.click(x, y);
    });
  }

  toString(): string {
    return typeof this.#pattern === 'string' ? JSON.stringify(this.#pattern) : String(this.#pattern);
  }

  async #act<T>(name: string, title: string, params: object, run: () => Promise<T>): Promise<T> {
    return await this.#port.act(
      {
        name: `screen.getByText.${name}`,
        title,
        params: { text: this.toString(), ...(this.#exact ? { exact: true } : {}), ...params },
      },
      run,
    );
  }

  #look(frame: Frame): Looked {
    if (frame.grid === null) return { kind: frame.content.kind === 'blank' ? 'absent' : 'unreadable' };
    const all = findText(frame.grid, this.#pattern, { exact: this.#exact });
    const [first] = all;
    return first === undefined ? { kind: 'absent' } : { kind: 'found', first, all };
  }

  async #untilVisible(options: WaitOptions): Promise<TextMatch> {
    return await this.#port.clock.waitUntil({
      what: `the text ${this.toString()}`,
      on: ['screen'],
      timeout: options.timeout ?? this.#port.timeouts.expect,
      check: async () => {
        const looked = this.#look(await this.#frames.current());
        return looked.kind === 'found' ? looked.first : undefined;
      },
      onTimeout: async (waited) => this.#notFound(await this.#frames.current(), waited),
    });
  }

  async #untilHidden(options: WaitOptions): Promise<TextMatch> {
    // Where it was when it was last seen; a text that was never there was nowhere.
    let last: TextMatch = { text: '', region: { x: 0, y: 0, width: 0, height: 0 }, rung: 'cells' };
    return await this.#port.clock.waitUntil({
      what: `the text ${this.toString()} to go`,
      on: ['screen'],
      timeout: options.timeout ?? this.#port.timeouts.expect,
      check: async () => {
        const looked = this.#look(await this.#frames.current());
        if (looked.kind === 'found') last = looked.first;
        return looked.kind === 'absent' ? last : undefined;
      },
      onTimeout: async (waited) => {
        const frame = await this.#frames.current();
        if (this.#look(frame).kind === 'unreadable') return this.#notReadable(frame);
        return new GuestwrightError(`The text ${this.toString()} is still on the screen`, {
          kind: 'assertion',
          code: 'text-still-there',
          expected: `the text ${this.toString()} to go within ${waited} ms`,
          seen: seenAt(frame),
        });
      },
    });
  }

  #notFound(frame: Frame, waited?: number): GuestwrightError {
    return new GuestwrightError(`The text ${this.toString()} is not on the screen`, {
      kind: 'assertion',
      code: 'text-not-found',
      expected: `the text ${this.toString()}${this.#exact ? ', exactly' : ''}${waited === undefined ? '' : ` within ${waited} ms`}`,
      seen: `${this.#nearest(frame)}${seenAt(frame)}`,
      ...(frame.content.kind === 'graphic' ? { next: UNREADABLE } : {}),
    });
  }

  #nearest(frame: Frame): string {
    const miss = frame.grid && nearestMiss(frame.grid, this.#pattern);
    return miss === null ? '' : `the nearest is ${JSON.stringify(miss.text)} in row ${miss.row}\n`;
  }

  #notReadable(frame: Frame): GuestwrightError {
    return new GuestwrightError(`Whether the text ${this.toString()} is on the screen cannot be told`, {
      kind: 'assertion',
      code: 'text-not-readable',
      expected: 'a screen in a text mode',
      seen: seenAt(frame),
      next: UNREADABLE,
    });
  }
}

const UNREADABLE =
  'the screen is in a graphic mode; text can only be read in text modes so far: compare it with a golden image instead, ' +
  'or keep the guest in a text mode (Linux: nomodeset vga=normal)';
