/**
 * Looking for a text on a machine that runs by itself: recognising takes a while, and the guest does not wait for it. So
 * it goes on beside the looking: while one frame is being recognised, the frames that follow are read exactly.
 */
import { compareFrames } from '../screen/compare.js';
import type { Frame } from '../screen/frame.js';
import type { TextPage } from '../screen/page.js';
import type { FrameReader } from '../screen/reader.js';
import type { TextMatch } from '../screen/text.js';
import type { LocatorWatch } from './types.js';

export interface RecognisingWatchParts {
  reader: FrameReader;
  current: () => Promise<Frame>;
  /** The places of the text on a page of this frame. */
  find: (page: TextPage, frame: Frame) => Promise<TextMatch[]>;
  /** Which of them is meant. */
  index: number;
}

/** A frame that is being recognised, and what came of it. */
interface Recognition {
  frame: Frame;
  ended: Promise<void>;
  outcome: { matches: TextMatch[] } | { error: unknown } | null;
}

export class RecognisingWatch implements LocatorWatch<TextMatch> {
  readonly #parts: RecognisingWatchParts;
  #recognition: Recognition | null = null;

  constructor(parts: RecognisingWatchParts) {
    this.#parts = parts;
  }

  async check(): Promise<TextMatch | undefined> {
    const { reader, current, find, index } = this.#parts;
    const frame = await current();
    const exact = (await find(await reader.exact(frame), frame))[index];
    if (exact !== undefined || frame.content.kind !== 'graphic') return exact;
    const recognised = this.#take(frame);
    if (recognised !== undefined) return recognised;
    this.#recognition ??= this.#recognise(frame);
    return undefined;
  }

  /** Resolves when what was begun has ended; null when nothing is under way. */
  woken(): Promise<void> | null {
    return this.#recognition?.outcome === null ? this.#recognition.ended : null;
  }

  /** What was recognised, where the screen still shows it there. */
  #take(frame: Frame): TextMatch | undefined {
    const recognition = this.#recognition;
    if (recognition?.outcome == null) return undefined;
    const { outcome } = recognition;
    if ('error' in outcome) {
      this.#recognition = null;
      throw outcome.error;
    }
    const match = outcome.matches[this.#parts.index];
    if (match !== undefined && unchanged(recognition.frame, frame, match)) return match;
    // Of the same picture nothing else would come; of another it is asked again.
    if (recognition.frame.content !== frame.content) this.#recognition = null;
    return undefined;
  }

  #recognise(frame: Frame): Recognition {
    const { reader, find } = this.#parts;
    const recognition: Recognition = { frame, ended: Promise.resolve(), outcome: null };
    recognition.ended = (async () => {
      try {
        recognition.outcome = { matches: await find(await reader.whole(frame), frame) };
      } catch (error) {
        recognition.outcome = { error };
      }
    })();
    return recognition;
  }
}

function unchanged(before: Frame, now: Frame, { region }: TextMatch): boolean {
  if (before.content === now.content) return true;
  if (before.width !== now.width || before.height !== now.height) return false;
  return compareFrames(before, now, { clip: region, threshold: 0, includeAA: true }).outcome === 'identical';
}
