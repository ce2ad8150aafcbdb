/** The screen as a scenario sees it: frames, text, places, and waiting for any of them. */
import { GuestwrightError } from '../errors.js';
import type { Region } from '../screen/content.js';
import { makeFrame, type Frame } from '../screen/frame.js';
import { rowRegion, type TextPage } from '../screen/page.js';
import type { FrameReader } from '../screen/reader.js';
import { wordRows } from '../screen/word-screen.js';
import { GoldenPictureLocator, type GoldenSource } from './golden-locator.js';
import { chooseOf, wordChoices } from './one-of.js';
import type { MachinePort } from './port.js';
import { intersect, PartOfScreen, wordRegion, type ReadableScreen } from './screen-region.js';
import { seenAt } from './seen.js';
import { waitForStillness } from './stable.js';
import { ScreenTextLocator } from './text-locator.js';
import type {
  Choice,
  GetByGoldenOptions,
  GetByTextOptions,
  GoldenLocator,
  Pointer,
  ScreenRegion,
  TextLocator,
  WaitForStableOptions,
  WaitOptions,
} from './types.js';

export interface ScreenParts {
  port: MachinePort;
  /** What locators click with. */
  pointer: Pointer;
  reader: FrameReader;
  goldens: GoldenSource;
  /** Is told of every new look. */
  onFrame?: (frame: Frame) => void;
}

export class MachineScreen implements ReadableScreen {
  readonly pointer: Pointer;
  readonly port: MachinePort;
  readonly reader: FrameReader;
  readonly #goldens: GoldenSource;
  readonly #onFrame: ((frame: Frame) => void) | undefined;
  #frame: Frame | null = null;

  constructor({ port, pointer, reader, goldens, onFrame }: ScreenParts) {
    this.#onFrame = onFrame;
    this.port = port;
    this.pointer = pointer;
    this.reader = reader;
    this.#goldens = goldens;
  }

  async frame(): Promise<Frame> {
    return await this.port.act({ name: 'screen.frame', title: 'Take a frame', params: {} }, async () => {
      return await this.current();
    });
  }

  async text(): Promise<string> {
    return await this.port.act({ name: 'screen.text', title: "Read the screen's text", params: {} }, async () => {
      return wordRows(await this.reader.whole(await this.current()));
    });
  }

  async read(): Promise<TextPage> {
    return await this.port.act({ name: 'screen.read', title: 'Read the screen', params: {} }, async () => {
      return await this.reader.whole(await this.current());
    });
  }

  async textWithin(part: ScreenRegion): Promise<string> {
    const action = { name: 'screen.region.text', title: `Read the text of ${part.toString()}`, params: {} };
    return await this.port.act(action, async () => {
      const frame = await this.current();
      const [place, page] = [await part.place(frame), await this.reader.whole(frame)];
      return place === null ? '' : wordRows(cutPage(page, place));
    });
  }

  getByText(text: string | RegExp, options: GetByTextOptions = {}): TextLocator {
    return new ScreenTextLocator(this, text, options);
  }

  getByGolden(name: string, options: GetByGoldenOptions = {}): GoldenLocator {
    return new GoldenPictureLocator(this, this.#goldens, name, options);
  }

  region(rectangle?: Region): ScreenRegion {
    const words = rectangle === undefined ? 'the whole screen' : wordRegion(rectangle);
    return new PartOfScreen(
      this,
      async ({ width, height }) => {
        const whole = { x: 0, y: 0, width, height };
        return rectangle === undefined ? whole : intersect(rectangle, whole);
      },
      words,
    );
  }

  /** @throws GuestwrightError `assertion/screen-timeout` with the screen in words */
  async waitFor(what: string, check: (frame: Frame) => boolean, options: WaitOptions = {}): Promise<Frame> {
    return await this.port.act(
      { name: 'screen.waitFor', title: `Wait for ${what}`, params: { what, ...options } },
      async () =>
        await this.port.clock.waitUntil({
          what,
          on: ['screen'],
          timeout: options.timeout ?? this.port.timeouts.expect,
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

  async waitForStable(options: WaitForStableOptions = {}): Promise<Frame> {
    const { for: ms = 500, timeout } = options;
    const params = { for: ms, ...(timeout === undefined ? {} : { timeout }) };
    const action = { name: 'screen.waitForStable', title: `Wait for the screen to stand still for ${ms} ms`, params };
    return await this.port.act(action, async () => {
      const outcome = await waitForStillness(this, options);
      if (outcome.kind === 'still') return outcome.frame;
      throw outcome.error;
    });
  }

  async waitForOneOf<Name extends string>(choices: Record<Name, Choice>, options: WaitOptions = {}): Promise<Name> {
    const words = wordChoices(choices);
    const action = { name: 'screen.waitForOneOf', title: `Wait for one of ${words}`, params: { choices: words } };
    return await this.port.act(action, async () => {
      return await this.port.clock.waitUntil({
        what: `one of ${words}`,
        on: ['screen'],
        timeout: options.timeout ?? this.port.timeouts.expect,
        check: async () => await chooseOf(this, choices, await this.current()),
        onTimeout: async (waited) => {
          const frame = await this.current();
          return new GuestwrightError(`None of ${words} is on the screen`, {
            kind: 'assertion',
            code: 'none-shown',
            expected: `one of ${words} within ${waited} ms`,
            seen: seenAt(frame, { page: await this.reader.whole(frame) }),
          });
        },
      });
    });
  }

  /** The frame of this guest time, made once. Not a step in a report. */
  async current(): Promise<Frame> {
    const { clock } = this.port;
    // Only where the guest stands still between two waits does its time name what is on the screen.
    const stands = clock.kind === 'stepped' || clock.kind === 'virtual';
    if (stands && this.#frame?.time === clock.now) return this.#frame;
    const content = await this.port.observe({ kind: 'screen' });
    const frame = makeFrame(content, clock.now);
    this.#frame = frame;
    this.#onFrame?.(frame);
    return frame;
  }

  /** Looks anew even at the same guest time: after a revert, a reset or a change of power. */
  forget(): void {
    this.#frame = null;
  }
}

/** The characters that lie in a rectangle as a whole. */
function cutPage({ rows }: TextPage, { x, y, width, height }: Region): TextPage {
  const cut = rows
    .filter((row) => row.y >= y && row.y + row.height <= y + height)
    .map((row) => {
      let text = '';
      for (let unit = 0; unit < row.text.length; unit++) {
        const place = rowRegion(row, unit, unit + 1);
        if (place.x >= x && place.x + place.width <= x + width) text += row.text.charAt(unit);
      }
      return { ...row, text };
    });
  return { rows: cut };
}
