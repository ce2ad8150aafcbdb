/** A part of the screen. */
import type { Region } from '../screen/content.js';
import type { Frame } from '../screen/frame.js';
import type {
  GetByGoldenOptions,
  GetByTextOptions,
  GoldenLocator,
  Screen,
  ScreenRegion,
  TextLocator,
} from './types.js';

const DEFAULT_MARGIN = 32;

/** Where a part is in a frame: null when it follows something that is not there. */
type Resolve = (frame: Frame) => Promise<Region | null>;

/** A screen whose parts can be read. */
export interface ReadableScreen extends Screen {
  textWithin(part: ScreenRegion): Promise<string>;
}

export class PartOfScreen implements ScreenRegion {
  readonly screen: ReadableScreen;
  readonly #resolve: Resolve;
  readonly #words: string;

  constructor(screen: ReadableScreen, resolve: Resolve, words: string) {
    this.screen = screen;
    this.#resolve = resolve;
    this.#words = words;
  }

  near(locator: TextLocator | GoldenLocator, { margin = DEFAULT_MARGIN }: { margin?: number } = {}): ScreenRegion {
    const resolve = async (frame: Frame) => {
      const [match] = await locator.look(frame);
      const outer = await this.#resolve(frame);
      if (match === undefined || outer === null) return null;
      const { x, y, width, height } = match.region;
      const around = { x: x - margin, y: y - margin, width: width + 2 * margin, height: height + 2 * margin };
      return intersect(around, outer);
    };
    return new PartOfScreen(this.screen, resolve, `${margin} px around ${locator.toString()}`);
  }

  getByText(text: string | RegExp, options: Omit<GetByTextOptions, 'within'> = {}): TextLocator {
    return this.screen.getByText(text, { ...options, within: this });
  }

  getByGolden(name: string, options: Omit<GetByGoldenOptions, 'within'> = {}): GoldenLocator {
    return this.screen.getByGolden(name, { ...options, within: this });
  }

  async text(): Promise<string> {
    return await this.screen.textWithin(this);
  }

  async place(frame: Frame): Promise<Region | null> {
    return await this.#resolve(frame);
  }

  toString(): string {
    return this.#words;
  }
}

/** The rectangle that a search is limited to; `nowhere` when it follows something that is not there. */
export async function resolveWithin(
  within: Region | ScreenRegion | undefined,
  frame: Frame,
): Promise<Region | 'nowhere' | undefined> {
  if (within === undefined || !('place' in within)) return within;
  return (await within.place(frame)) ?? 'nowhere';
}

export function wordWithin(within: Region | ScreenRegion): string {
  return 'place' in within ? within.toString() : wordRegion(within);
}

export function wordRegion({ x, y, width, height }: Region): string {
  return `x ${x}, y ${y}, ${width}x${height}`;
}

/** What two rectangles share; null when nothing. */
export function intersect(a: Region, b: Region): Region | null {
  const left = Math.max(a.x, b.x);
  const top = Math.max(a.y, b.y);
  const right = Math.min(a.x + a.width, b.x + b.width);
  const bottom = Math.min(a.y + a.height, b.y + b.height);
  return right > left && bottom > top ? { x: left, y: top, width: right - left, height: bottom - top } : null;
}
