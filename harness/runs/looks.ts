/** What a machine's screen showed while its test ran, kept as it was seen: made into pictures only if somebody will look. */
import type { Frame } from '../../sdk/screen/frame.js';

/** Text screens are 12 KB each. */
const MOST_TEXTS = 3_000;
/** Pictures of 1024x768 are 3 MB each. */
const MOST_PICTURES = 40;

export class Looks {
  #frames: Frame[] = [];
  #texts = 0;
  #pictures = 0;

  /** When there are too many, every second of that kind goes, but the last ones stay. */
  add(frame: Frame): void {
    const last = this.#frames.at(-1);
    if (last?.content === frame.content) return;
    // A revert goes back: what was seen after that instant did happen, and stays.
    this.#frames.push(frame);
    if (frame.content.kind === 'text') this.#texts++;
    else this.#pictures++;
    if (this.#texts > MOST_TEXTS) this.#thin('text');
    if (this.#pictures > MOST_PICTURES) this.#thin('picture');
  }

  #thin(which: 'text' | 'picture'): void {
    let index = 0;
    const isOf = ({ content }: Frame): boolean => (content.kind === 'text') === (which === 'text');
    const from = this.#frames.length - 5;
    this.#frames = this.#frames.filter((frame, i) => !isOf(frame) || i >= from || index++ % 2 === 0);
    this.#texts = this.#frames.filter(({ content }) => content.kind === 'text').length;
    this.#pictures = this.#frames.length - this.#texts;
  }

  get all(): readonly Frame[] {
    return this.#frames;
  }
}
