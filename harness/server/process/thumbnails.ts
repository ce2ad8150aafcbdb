/** Small pictures of a machine's screen, for lists: made when somebody asks, and only when the screen is another. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { encodePng } from '../../../sdk/reading/png.js';
import type { ScreenContent } from '../../../sdk/screen/content.js';
import type { Frame } from '../../../sdk/screen/frame.js';
import { shrink } from '../../../sdk/screen/shrink.js';

export const thumbnailQuery = z.strictObject({
  /** Pixels; the height follows. */
  width: z.coerce.number().int().min(16).max(640).default(160),
  /** `seen` of the picture that the caller has. */
  unless: z.string().max(100).optional(),
});
export type ThumbnailQuery = z.output<typeof thumbnailQuery>;

export const thumbnailSchema = z.object({
  /** Names what is on the screen: another screen has another. */
  seen: z.string(),
  /** PNG file, base64; null: the caller has it already. */
  png: z.string().nullable(),
});
export type Thumbnail = z.output<typeof thumbnailSchema>;

/** Wall ms in which the screen is looked at once, however many ask. */
const LOOK_EVERY_MS = 500;

export class Thumbnails {
  readonly #look: () => Promise<Frame>;
  /** Of this process: one that runs the machine later counts from the beginning. */
  readonly #id = randomUUID().slice(0, 8);
  #version = 0;
  #frame: Frame | null = null;
  #lookedAt = -Infinity;
  #looking: Promise<void> | null = null;
  readonly #made = new Map<number, string>();

  constructor(look: () => Promise<Frame>) {
    this.#look = look;
  }

  async of({ width, unless }: ThumbnailQuery): Promise<Thumbnail> {
    if (performance.now() - this.#lookedAt > LOOK_EVERY_MS) {
      this.#looking ??= this.#again().finally(() => (this.#looking = null));
      await this.#looking;
    }
    const seen = `${this.#id}-${this.#version}`;
    if (unless === seen || this.#frame === null) return { seen, png: null };
    let png = this.#made.get(width);
    if (png === undefined) {
      png = Buffer.from(encodePng(shrink(this.#frame, width))).toString('base64');
      this.#made.set(width, png);
    }
    return { seen, png };
  }

  async #again(): Promise<void> {
    const frame = await this.#look();
    this.#lookedAt = performance.now();
    if (this.#frame !== null && looksSame(this.#frame.content, frame.content)) return;
    this.#frame = frame;
    this.#version++;
    this.#made.clear();
  }
}

/** Without its cursor, which no picture has. */
function looksSame(a: ScreenContent, b: ScreenContent): boolean {
  if (a === b) return true;
  if (a.kind === 'text' && b.kind === 'text') {
    return (
      a.columns === b.columns &&
      a.rows === b.rows &&
      a.font.width === b.font.width &&
      a.font.height === b.font.height &&
      same(a.cells, b.cells) &&
      same(a.font.glyphs, b.font.glyphs) &&
      a.palette.every((colour, i) => colour === b.palette[i])
    );
  }
  if (a.kind === 'text' || b.kind === 'text' || a.width !== b.width || a.height !== b.height) return false;
  if (a.kind === 'graphic' && b.kind === 'graphic') return same(a.rgba, b.rgba);
  return a.kind === b.kind;
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
