/**
 * The guest's screen, looked at. QEMU announces no changes: its VNC server looks itself, every 30 ms and, the longer
 * nothing changes, up to every 3 s (`ui/vnc.c`, `VNC_REFRESH_INTERVAL_MAX`). So the screen is dumped where somebody waits
 * for it: at once after anything that may change it, then at growing distances.
 */
import type { ScreenContent, TextCursor } from '../../screen/content.js';
import type { PictureFile } from './picture-file.js';
import { decodePpm, isBlack, toRgba, type RgbPicture } from './ppm.js';
import { nothing, type QmpClient } from './qmp.js';
import { TextReader, type TextReading } from './text-screen.js';
import type { TextFont } from './vga-font.js';

/** Between two looks: right after something happened, and when nothing has for long. */
export interface LookGaps {
  soonest: number;
  latest: number;
}

/** Wall ms of a guest that runs on meanwhile. */
const FREE_GAPS: LookGaps = { soonest: 4, latest: 60 };
const SLOWER = 1.3;
/** A look may take so much of the time: more would slow the guest down. */
const SHARE = 3;
/** A text cursor blinks: shown and hidden for 228 ms each. One that was not seen for longer is switched off. */
const CURSOR_MEMORY_MS = 500;

/** QEMU shows a text of its own before the guest has programmed the display; this is its size. */
const NO_DISPLAY = { width: 720, height: 400 };

type Qmp = Pick<QmpClient, 'execute'>;

export class ScreenWatch {
  /** Counts up with every change. */
  version = 0;
  content: ScreenContent = { kind: 'blank', ...NO_DISPLAY };
  readonly #file: PictureFile;
  readonly #reader: TextReader;
  #picture: RgbPicture | null = null;
  /** What QEMU shows before the guest has a picture. */
  #placeholder: RgbPicture | null = null;
  #reading: TextReading | null = null;
  #cursorSeen = 0;
  readonly #now: () => number;
  readonly #gaps: LookGaps;
  #gap: number;
  #lastLook = 0;
  #cost = 0;
  #looking: Promise<void> | null = null;

  /**
   * @param file where QEMU puts the pictures
   * @param time what the gaps are counted in: wall time, or guest time where the guest stands while it is looked at
   */
  constructor(
    file: PictureFile,
    fonts: readonly TextFont[],
    time: { now: () => number; gaps: LookGaps } = { now: () => performance.now(), gaps: FREE_GAPS },
  ) {
    this.#file = file;
    this.#reader = new TextReader(fonts);
    this.#now = time.now;
    this.#gaps = time.gaps;
    this.#gap = time.gaps.soonest;
  }

  /** Something has happened that may change the screen: look closely again. */
  stir(): void {
    this.#gap = this.#gaps.soonest;
  }

  /** Milliseconds until the next look is due. */
  get dueIn(): number {
    return Math.max(0, this.#lastLook + Math.max(this.#gap, SHARE * this.#cost) - this.#now());
  }

  /** Before the guest runs: what is there now is QEMU's, not the guest's. It is the same in every process of this QEMU. */
  async notePlaceholder(qmp: Qmp): Promise<void> {
    if (this.#placeholder !== null) return;
    const { rgb, ...size } = await this.#dump(qmp);
    // A copy: the bytes that were read are used again (and a Buffer's `slice` is none).
    this.#placeholder = { ...size, rgb: new Uint8Array(rgb) };
  }

  /** Looks now. Who asks while a look is under way gets one that began after the question. */
  async look(qmp: Qmp): Promise<void> {
    while (this.#looking !== null) await this.#looking;
    this.#looking = this.#look(qmp);
    try {
      await this.#looking;
    } finally {
      this.#looking = null;
    }
  }

  async #look(qmp: Qmp): Promise<void> {
    const started = this.#now();
    const picture = await this.#dump(qmp);
    const before = this.content;
    this.#take(picture);
    this.#lastLook = this.#now();
    this.#cost = this.#lastLook - started;
    if (sameContent(before, this.content)) {
      this.#gap = Math.min(this.#gaps.latest, this.#gap * SLOWER);
      // Equal content keeps its identity, so that who holds it need not compare.
      this.content = before;
    } else {
      this.version++;
      this.stir();
    }
  }

  async #dump(qmp: Qmp): Promise<RgbPicture> {
    await qmp.execute('screendump', { filename: this.#file.path }, nothing);
    const picture = decodePpm(this.#file.read());
    if (picture === null) throw new Error('QEMU wrote a picture that is no PPM');
    return picture;
  }

  #take(picture: RgbPicture): void {
    if (this.#picture !== null && samePicture(this.#picture, picture)) {
      this.#ageCursor();
      return;
    }
    this.#file.keep();
    this.#picture = picture;
    const { width, height } = picture;
    if (this.#placeholder !== null && samePicture(this.#placeholder, picture)) {
      this.#reading = null;
      this.content = { kind: 'blank', ...NO_DISPLAY };
      return;
    }
    const text = this.#reader.read(picture, this.#reading);
    this.#reading = text === null ? null : { picture, content: text };
    if (text !== null) this.content = { ...text, cursor: this.#cursor(text.cursor) };
    else if (isBlack(picture)) this.content = { kind: 'blank', width, height };
    else this.content = { kind: 'graphic', width, height, rgba: toRgba(picture), mode: `${width}x${height}` };
  }

  /** In the phase in which the cursor is hidden it is where it was last seen. */
  #cursor(seen: TextCursor | null): TextCursor | null {
    const now = this.#now();
    if (seen !== null) this.#cursorSeen = now;
    if (seen !== null || this.content.kind !== 'text' || this.content.cursor === null) return seen;
    return now - this.#cursorSeen < CURSOR_MEMORY_MS ? this.content.cursor : null;
  }

  #ageCursor(): void {
    if (this.content.kind !== 'text' || this.#reading === null) return;
    this.content = { ...this.content, cursor: this.#cursor(this.#reading.content.cursor) };
  }
}

function samePicture(a: RgbPicture, b: RgbPicture): boolean {
  return a.width === b.width && a.height === b.height && Buffer.compare(a.rgb, b.rgb) === 0;
}

function sameContent(a: ScreenContent, b: ScreenContent): boolean {
  if (a === b) return true;
  if (a.kind === 'text' && b.kind === 'text') {
    return (
      a.columns === b.columns &&
      a.font.glyphs === b.font.glyphs &&
      a.cursor?.column === b.cursor?.column &&
      a.cursor?.row === b.cursor?.row &&
      Buffer.compare(a.cells, b.cells) === 0
    );
  }
  if (a.kind === 'graphic' && b.kind === 'graphic') {
    return a.width === b.width && a.height === b.height && Buffer.compare(a.rgba, b.rgba) === 0;
  }
  return a.kind === 'blank' && b.kind === 'blank' && a.width === b.width && a.height === b.height;
}
