/** A screen in which pictures are looked for: what is worked out of it once, whatever is looked for. */
import { pixelsOf, type Picture } from '../picture.js';
import { coveredBy, type Area } from './area.js';
import { Sums } from './blocks.js';
import { checkPicture } from './needle.js';
import type { Words } from './words.js';

export class Haystack implements Words {
  readonly width: number;
  readonly height: number;
  readonly words: Int32Array;
  #sums: Sums | undefined;

  /** @throws GuestwrightError `usage/picture-invalid` */
  constructor(screen: Picture) {
    checkPicture(screen, "screen's");
    const pixels = pixelsOf(screen);
    this.width = screen.width;
    this.height = screen.height;
    this.words = new Int32Array(pixels.buffer, pixels.byteOffset, pixels.length);
  }

  /** Sums of brightness, enough for a picture at any of these places. Those of the whole screen are kept. */
  sumsFor(places: Area, picture: { width: number; height: number }): Sums {
    if (this.#sums !== undefined) return this.#sums;
    const part = coveredBy(places, picture);
    const most = 2 * part.width * part.height >= this.width * this.height;
    const whole = { left: 0, top: 0, width: this.width, height: this.height };
    const sums = new Sums(this, most ? whole : part, null);
    if (most) this.#sums = sums;
    return sums;
  }
}
