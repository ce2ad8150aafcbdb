/** The ladder of readers: the cells of a text mode, the guest's fonts, recognition; the cheapest that can answer first. */
import type { Frame } from '../screen/frame.js';
import { GlyphReader, type GlyphReading } from '../screen/glyphs/index.js';
import { cellPage } from '../screen/grid-page.js';
import type { TextPage } from '../screen/page.js';
import { mergeRows, type FrameReader } from '../screen/reader.js';
import { uncovered } from '../screen/uncovered.js';
import type { GlyphFont } from '../screen/font.js';
import type { LoadFontsOptions } from './fonts/index.js';
import type { OcrReader } from './ocr/index.js';

// Loaded when a graphic screen is first read: they are large, and most machines stay in text modes.
const fontsModule = () => import('./fonts/index.js');
const ocrModule = () => import('./ocr/index.js');

export interface LadderOptions {
  /** Names of the catalogue or paths of font files, which are looked at first; then come those of the catalogue. */
  fonts?: readonly string[];
  /** Tesseract's names of languages. Default `eng`; none: nothing is recognised. */
  languages?: readonly string[];
  /** Is told while fonts are made, which happens once on a machine. */
  onProgress?: LoadFontsOptions['onProgress'];
}

const BLANK: TextPage = { rows: [] };

/**
 * Reads the frames of one machine. Fonts and models are loaded when a graphic screen is first read; a machine that stays
 * in text modes needs neither.
 */
export class LadderReader implements FrameReader {
  readonly #options: LadderOptions;
  #glyphs: Promise<GlyphReader> | undefined;
  #ocr: Promise<OcrReader> | undefined;
  /** What was read of a frame: questions about one frame are asked many times. */
  readonly #readings = new WeakMap<Frame, Promise<GlyphReading>>();
  readonly #pages = new WeakMap<Frame, Promise<TextPage>>();

  constructor(options: LadderOptions = {}) {
    this.#options = options;
  }

  async exact(frame: Frame): Promise<TextPage> {
    if (frame.content.kind === 'blank') return BLANK;
    return cellPage(frame) ?? (await this.#reading(frame));
  }

  async whole(frame: Frame): Promise<TextPage> {
    if (frame.content.kind !== 'graphic') return await this.exact(frame);
    return await remembered(this.#pages, frame, async () => {
      const { rows, covered } = await this.#reading(frame);
      if (this.#options.languages?.length === 0) return { rows };
      const areas = uncovered(frame, covered);
      if (areas.length === 0) return { rows };
      this.#ocr ??= ocrReader(this.#options);
      return mergeRows([...rows, ...(await (await this.#ocr).read(frame, areas))]);
    });
  }

  #reading(frame: Frame): Promise<GlyphReading> {
    return remembered(this.#readings, frame, async () => {
      this.#glyphs ??= glyphReader(this.#options);
      return (await this.#glyphs).read(frame);
    });
  }
}

async function ocrReader({ languages = ['eng'] }: LadderOptions): Promise<OcrReader> {
  const { OcrReader } = await ocrModule();
  return new OcrReader({ languages });
}

async function glyphReader({ fonts = [], onProgress }: LadderOptions): Promise<GlyphReader> {
  const { loadFonts } = await fontsModule();
  const own = fonts.length === 0 ? [] : await loadFonts(fonts, { onProgress });
  // Node's memcmp is several times faster than a loop.
  return new GlyphReader([...own, ...(await catalogueFonts(onProgress))], { same: sameBytes });
}

let catalogue: Promise<GlyphFont[]> | undefined;

/** The fonts of the catalogue, once for the process. */
async function catalogueFonts(onProgress: LadderOptions['onProgress']): Promise<GlyphFont[]> {
  catalogue ??= fontsModule().then(({ loadFonts }) => loadFonts(undefined, { onProgress }));
  try {
    return await catalogue;
  } catch (error) {
    // What was missing may be there when it is asked for again.
    catalogue = undefined;
    throw error;
  }
}

function sameBytes(a: Uint32Array, b: Uint32Array, start: number, end: number): boolean {
  return bytesOf(a, start, end).equals(bytesOf(b, start, end));
}

function bytesOf({ buffer, byteOffset }: Uint32Array, start: number, end: number): Buffer {
  return Buffer.from(buffer, byteOffset + 4 * start, 4 * (end - start));
}

/** The same promise for the same frame; one that failed is not kept. */
function remembered<T>(memory: WeakMap<Frame, Promise<T>>, frame: Frame, read: () => Promise<T>): Promise<T> {
  const known = memory.get(frame);
  if (known !== undefined) return known;
  const reading = read();
  memory.set(frame, reading);
  reading.catch(() => memory.delete(frame));
  return reading;
}
