/** What all locators have in common: waiting, clicking, choosing one of several. */
import { GuestwrightError } from '../errors.js';
import type { Region } from '../screen/content.js';
import type { Frame } from '../screen/frame.js';
import type { MachinePort } from './port.js';
import type { Locator, LocatorWatch, Pointer, WaitOptions } from './types.js';

/** Where frames come from. */
export interface FrameSource {
  current(): Promise<Frame>;
}

/** What a locator needs of its screen. */
export interface LocatorContext extends FrameSource {
  readonly port: MachinePort;
  readonly pointer: Pointer;
}

/** How a search is worded: `text "grub>"`, `golden "ok"`. */
export interface LocatorWords {
  /** Prefix of action names: `screen.getByText`. */
  action: string;
  /** What steps are given: `{ text: "…" }`. */
  params: Record<string, unknown>;
  /** `text "grub>"`. */
  subject: string;
  /** `text` or `golden`: prefix of the failures' codes. */
  code: string;
}

/** Extent of a search: `enough` may stop at the first rung that has the wanted place, `all` may not. */
export type Extent = 'enough' | 'all';

export abstract class ScreenLocator<M extends { region: Region }> implements Locator<M> {
  protected readonly context: LocatorContext;
  /** Null: the first that is found. */
  protected readonly index: number | null;

  protected constructor(context: LocatorContext, index: number | null) {
    this.context = context;
    this.index = index;
    if (index !== null && !(Number.isInteger(index) && index >= 0)) throw indexInvalid(index);
  }

  protected abstract get words(): LocatorWords;
  /** Its places in a frame, in reading order. */
  abstract look(frame: Frame, extent?: Extent): Promise<M[]>;
  abstract explain(frame: Frame): Promise<{ seen: string; next?: string }>;
  /** A match of something that was never there. */
  protected abstract nowhere(): M;
  /** Where in a match to click. */
  protected abstract target(match: M, point: string | undefined): Promise<{ x: number; y: number }>;
  abstract toString(): string;

  /** The place that is meant, now; undefined when it is not there. Not a step of a report. */
  async find(): Promise<M | undefined> {
    const matches = await this.look(await this.context.current(), 'enough');
    return matches[this.index ?? 0];
  }

  watch(): LocatorWatch<M> {
    return { check: () => this.find(), woken: () => null };
  }

  async waitFor(options: WaitOptions & { state?: 'visible' | 'hidden' } = {}): Promise<M> {
    const hidden = options.state === 'hidden';
    const { subject } = this.words;
    return await this.#act('waitFor', `Wait for ${subject}${hidden ? ' to go' : ''}`, options, async () => {
      return hidden ? await this.#untilHidden(options) : await this.#untilVisible(options);
    });
  }

  async region(): Promise<Region> {
    return await this.#act('region', `Find ${this.words.subject}`, {}, async () => {
      const match = await this.find();
      if (match === undefined) throw await this.#notFound();
      return match.region;
    });
  }

  async all(): Promise<M[]> {
    return await this.#act('all', `Find all of ${this.words.subject}`, {}, async () => {
      return await this.look(await this.context.current(), 'all');
    });
  }

  async isVisible(): Promise<boolean> {
    return await this.#act('isVisible', `Look for ${this.words.subject}`, {}, async () => {
      return (await this.find()) !== undefined;
    });
  }

  async click(options: WaitOptions & { point?: string } = {}): Promise<void> {
    await this.#act('click', `Click ${this.words.subject}`, options, async () => {
      const { x, y } = await this.target(await this.#untilVisible(options), options.point);
      await this.context.pointer.click(x, y);
    });
  }

  async #act<T>(name: string, title: string, params: object, run: () => Promise<T>): Promise<T> {
    const { action, params: own } = this.words;
    return await this.context.port.act({ name: `${action}.${name}`, title, params: { ...own, ...params } }, run);
  }

  async #untilVisible({ timeout }: WaitOptions): Promise<M> {
    const { port } = this.context;
    const watch = this.watch();
    return await port.clock.waitUntil({
      what: `the ${this.words.subject}`,
      on: ['screen'],
      timeout: timeout ?? port.timeouts.expect,
      check: () => watch.check(),
      woken: () => watch.woken(),
      onTimeout: (waited) => this.#notFound(waited),
    });
  }

  async #untilHidden({ timeout }: WaitOptions): Promise<M> {
    const { port } = this.context;
    const { subject, code } = this.words;
    let last = this.nowhere();
    return await port.clock.waitUntil({
      what: `the ${subject} to go`,
      on: ['screen'],
      timeout: timeout ?? port.timeouts.expect,
      check: async () => {
        const match = await this.find();
        if (match === undefined) return last;
        last = match;
        return undefined;
      },
      onTimeout: async (waited) => {
        const { seen } = await this.explain(await this.context.current());
        return new GuestwrightError(`The ${subject} is still on the screen`, {
          kind: 'assertion',
          code: `${code}-still-there`,
          expected: `the ${subject} to go within ${waited} ms`,
          seen,
        });
      },
    });
  }

  async #notFound(waited?: number): Promise<GuestwrightError> {
    const { subject, code } = this.words;
    const which = this.index === null || this.index === 0 ? '' : ` (at least ${this.index + 1} times)`;
    return new GuestwrightError(`The ${subject} is not on the screen`, {
      kind: 'assertion',
      code: `${code}-not-found`,
      expected: `the ${subject}${which}${waited === undefined ? '' : ` within ${waited} ms`}`,
      ...(await this.explain(await this.context.current())),
    });
  }
}

export function centreOf({ x, y, width, height }: Region): { x: number; y: number } {
  return { x: Math.floor(x + width / 2), y: Math.floor(y + height / 2) };
}

function indexInvalid(index: number): GuestwrightError {
  return new GuestwrightError('A locator was given an index that cannot be', {
    kind: 'usage',
    code: 'nth-invalid',
    expected: 'a whole number, 0 for the first',
    seen: String(index),
  });
}
