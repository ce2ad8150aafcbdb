/** A place on the screen named by its text: the ladder of readers behind one question. */
import { GuestwrightError } from '../errors.js';
import type { Frame } from '../screen/frame.js';
import { nearestMiss, type NearestMiss } from '../screen/nearest-miss.js';
import type { TextPage } from '../screen/page.js';
import type { FrameReader } from '../screen/reader.js';
import { findText, type TextMatch } from '../screen/text.js';
import { centreOf, ScreenLocator, type Extent, type LocatorContext, type LocatorWords } from './locator.js';
import { RecognisingWatch } from './recognising-watch.js';
import { resolveWithin, wordWithin } from './screen-region.js';
import { seenAt } from './seen.js';
import type { GetByTextOptions, LocatorWatch, TextLocator } from './types.js';

export interface TextLocatorContext extends LocatorContext {
  readonly reader: FrameReader;
}

/** Where a text is there several times, the first in reading order is meant, of those that the surest rung has found. */
export class ScreenTextLocator extends ScreenLocator<TextMatch> implements TextLocator {
  declare protected readonly context: TextLocatorContext;
  readonly #pattern: string | RegExp;
  readonly #options: GetByTextOptions;

  constructor(context: TextLocatorContext, pattern: string | RegExp, options: GetByTextOptions = {}) {
    super(context, options.nth ?? null);
    this.#pattern = pattern;
    this.#options = options;
    if (options.distance !== undefined && !(Number.isInteger(options.distance) && options.distance >= 0)) {
      throw distanceInvalid(options.distance);
    }
  }

  first(): TextLocator {
    return this.nth(0);
  }

  nth(index: number): TextLocator {
    return new ScreenTextLocator(this.context, this.#pattern, { ...this.#options, nth: index });
  }

  override toString(): string {
    return typeof this.#pattern === 'string' ? JSON.stringify(this.#pattern) : String(this.#pattern);
  }

  protected override get words(): LocatorWords {
    const { exact, selected, within, nth, distance } = this.#options;
    const selection = selected === undefined ? '' : selected ? 'selected ' : 'unselected ';
    const where = within === undefined ? '' : ` within ${wordWithin(within)}`;
    return {
      action: 'screen.getByText',
      params: {
        text: this.toString(),
        ...(exact === undefined ? {} : { exact }),
        ...(selected === undefined ? {} : { selected }),
        ...(within === undefined ? {} : { within: wordWithin(within) }),
        ...(nth === undefined ? {} : { nth }),
        ...(distance === undefined ? {} : { distance }),
      },
      subject: `${selection}text ${this.toString()}${exact === true ? ' (exactly)' : ''}${where}`,
      code: 'text',
    };
  }

  /**
   * Exact rungs first. Recognising is dear, so it is asked only where they do not have the place that is wanted (or all
   * places are), and never in a text mode, whose cells are all the text there is.
   */
  override async look(frame: Frame, extent: Extent = 'enough'): Promise<TextMatch[]> {
    const { reader } = this.context;
    const matches = await this.#find(await reader.exact(frame), frame);
    if (frame.content.kind !== 'graphic') return matches;
    if (extent === 'enough' && matches.length > (this.index ?? 0)) return matches;
    return await this.#find(await reader.whole(frame), frame);
  }

  /** A guest that runs by itself does not wait while its screen is recognised. */
  override watch(): LocatorWatch<TextMatch> {
    const { port, reader } = this.context;
    if (port.clock.kind !== 'free') return super.watch();
    return new RecognisingWatch({
      reader,
      current: () => this.context.current(),
      find: (page, frame) => this.#find(page, frame),
      index: this.index ?? 0,
    });
  }

  async #find(page: TextPage, frame: Frame): Promise<TextMatch[]> {
    const { exact, selected, distance } = this.#options;
    const within = await resolveWithin(this.#options.within, frame);
    if (within === 'nowhere') return [];
    return findText(page, this.#pattern, {
      ...(exact === undefined ? {} : { exact }),
      ...(selected === undefined ? {} : { selected }),
      ...(distance === undefined ? {} : { distance }),
      ...(within === undefined ? {} : { within }),
    });
  }

  override async explain(frame: Frame): Promise<{ seen: string }> {
    const { near, seen } = await this.describe(frame);
    return { seen: near === null ? seen : `the nearest is ${wordMiss(near)}\n${seen}` };
  }

  /** What is there instead: the nearest miss, and the screen in words with it marked. */
  async describe(frame: Frame): Promise<{ near: NearestMiss | null; seen: string }> {
    const page = await this.context.reader.whole(frame);
    const near = nearestMiss(page, this.#pattern);
    return { near, seen: seenAt(frame, { page, miss: near }) };
  }

  protected override nowhere(): TextMatch {
    return {
      text: '',
      region: { x: 0, y: 0, width: 0, height: 0 },
      rung: 'cells',
      confidence: 1,
      colours: { foreground: 0, background: 0 },
      distance: 0,
    };
  }

  protected override async target({ region }: TextMatch, point: string | undefined): Promise<{ x: number; y: number }> {
    if (point === undefined) return centreOf(region);
    throw new GuestwrightError(`A text has no click point "${point}"`, {
      kind: 'usage',
      code: 'click-point-unknown',
      expected: 'a golden: only goldens name click points',
      seen: `text ${this.toString()}`,
    });
  }
}

/** `"grub>" in row 3 (2 characters differ; read exactly)`. */
export function wordMiss({ text, row, distance, rung }: NearestMiss): string {
  const differ =
    distance === 0
      ? 'but not where, or not in the colours, it was asked for'
      : distance === 1
        ? '1 character differs'
        : `${distance} characters differ`;
  return `${JSON.stringify(text)} in row ${row} (${differ}; ${rung === 'ocr' ? 'recognised' : 'read exactly'})`;
}

function distanceInvalid(distance: number): GuestwrightError {
  return new GuestwrightError('A text locator was given a distance that cannot be', {
    kind: 'usage',
    code: 'distance-invalid',
    expected: 'a whole number of characters, 0 or more',
    seen: String(distance),
  });
}
