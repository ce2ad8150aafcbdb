/** What a scenario demands of the screen during every wait. */
import { GuestwrightError } from '../errors.js';
import type { Frame } from '../screen/frame.js';
import type { FrameReader } from '../screen/reader.js';
import { findText } from '../screen/text.js';
import { resolveWithin } from './screen-region.js';
import { seenAt } from './seen.js';
import type { GetByTextOptions, ScreenInvariant } from './types.js';

type Check = (screen: ScreenInvariant) => Promise<void>;
type TextOptions = Omit<GetByTextOptions, 'nth' | 'distance'>;

export class Invariants {
  readonly #checks = new Set<{ check: Check }>();
  readonly #reader: FrameReader;
  readonly #current: () => Promise<Frame>;
  /** The frame that was looked at last: the same one is not looked at again. */
  #seen: Frame | null = null;

  constructor(reader: FrameReader, current: () => Promise<Frame>) {
    this.#reader = reader;
    this.#current = current;
  }

  add(check: Check): () => void {
    const entry = { check };
    this.#checks.add(entry);
    this.#seen = null;
    return () => this.#checks.delete(entry);
  }

  get any(): boolean {
    return this.#checks.size > 0;
  }

  /** @throws GuestwrightError `assertion/invariant-broken`, or what a check throws */
  async verify(): Promise<void> {
    if (!this.any) return;
    const frame = await this.#current();
    if (frame === this.#seen) return;
    this.#seen = frame;
    for (const { check } of this.#checks) await check(new FrameInvariant(frame, this.#reader));
  }
}

class FrameInvariant implements ScreenInvariant {
  readonly #frame: Frame;
  readonly #reader: FrameReader;

  constructor(frame: Frame, reader: FrameReader) {
    this.#frame = frame;
    this.#reader = reader;
  }

  async toShowText(text: string | RegExp, options: TextOptions = {}): Promise<void> {
    await this.#demand(text, options, true);
  }

  get not(): { toShowText: ScreenInvariant['toShowText'] } {
    return { toShowText: async (text, options = {}) => await this.#demand(text, options, false) };
  }

  async #demand(text: string | RegExp, options: TextOptions, wanted: boolean): Promise<void> {
    const { within, ...rest } = options;
    const place = await resolveWithin(within, this.#frame);
    const page = await this.#reader.exact(this.#frame);
    const shown =
      place !== 'nowhere' &&
      findText(page, text, { ...rest, ...(place === undefined ? {} : { within: place }) }).length > 0;
    if (shown === wanted) return;
    const words = typeof text === 'string' ? JSON.stringify(text) : String(text);
    throw new GuestwrightError(`The screen ${wanted ? 'no longer shows' : 'shows'} ${words}, against machine.always`, {
      kind: 'assertion',
      code: 'invariant-broken',
      expected: `${wanted ? '' : 'never '}the text ${words}, from machine.always on`,
      seen: seenAt(this.#frame, { page }),
    });
  }
}
