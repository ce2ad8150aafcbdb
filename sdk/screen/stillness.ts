/** Whether a screen stands still, but for what may move: carets, clocks, parts that are left out. */
import { compareFrames } from './compare.js';
import type { Region } from './content.js';
import type { Frame } from './frame.js';
import { cellPage } from './grid-page.js';
import { findText } from './text.js';

/** A blinking caret is at most this large, in pixels. */
const CARET = { width: 24, height: 40 } as const;

const CLOCK = /\b\d{1,2}:\d{2}(?::\d{2})?\b/;

export interface StillnessOptions {
  caret: boolean;
  clock: boolean;
}

/**
 * Is told every frame in turn and says whether something has moved since the one before. A caret is a small place that
 * goes to and fro between two pictures: its first change counts (nobody can know yet), the others do not.
 */
export class Stillness {
  readonly #options: StillnessOptions;
  #last: Frame | null = null;
  /** Small places that have changed, with the picture they had before. */
  readonly #carets: { region: Region; before: Frame }[] = [];

  constructor(options: StillnessOptions) {
    this.#options = options;
  }

  /**
   * @param ignored parts of this frame that may change
   * @returns true when something else has changed
   */
  moved(frame: Frame, ignored: readonly Region[]): boolean {
    const before = this.#last;
    this.#last = frame;
    if (before === null) return false;
    const clocks = this.#options.clock ? [...clocksOf(before), ...clocksOf(frame)] : [];
    const masks = [...ignored, ...clocks];
    const result = compareFrames(before, frame, { masks, threshold: 0, includeAA: true });
    if (result.outcome === 'identical' || result.outcome === 'within-tolerance') return false;
    const [box, ...others] = result.outcome === 'different' ? result.boxes : [];
    if (!this.#options.caret || box === undefined || others.length > 0) return true;
    if (box.width > CARET.width || box.height > CARET.height) return true;
    const known = this.#carets.find(({ region }) => same(region, box));
    if (known !== undefined && sameInside(known.before, frame, box)) {
      known.before = before;
      return false;
    }
    if (known === undefined) this.#carets.push({ region: box, before });
    else known.before = before;
    return true;
  }
}

function clocksOf(frame: Frame): Region[] {
  const page = cellPage(frame);
  return page === null ? [] : findText(page, CLOCK).map(({ region }) => region);
}

function same(a: Region, b: Region): boolean {
  return a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
}

function sameInside(a: Frame, b: Frame, clip: Region): boolean {
  return compareFrames(a, b, { clip, threshold: 0, includeAA: true }).outcome === 'identical';
}
