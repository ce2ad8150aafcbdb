/** The last rung of the reading ladder: text is recognised, with tesseract, offline. */
import { createRequire } from 'node:module';
import { z } from 'zod';
import { GuestwrightError } from '../../errors.js';
import type { Region } from '../../screen/content.js';
import { Memo } from '../../screen/ocr/memo.js';
import { readPicture } from '../../screen/ocr/read.js';
import type { Recognised } from '../../screen/ocr/rows.js';
import type { Grey } from '../../screen/ocr/strip.js';
import type { TextRow } from '../../screen/page.js';
import type { Picture } from '../../screen/picture.js';
import { digestOfModel, findModels, type Model } from './models.js';
import { MOST_WORKERS, recogniseLine, releaseWorkers, useWorkers } from './workers.js';

export interface OcrOptions {
  /** Tesseract's names of the languages to recognise: `eng`, `deu`, `chi_sim`. The first has precedence. */
  languages: readonly string[];
  /** Lines that this reader has recognised at a time: 1 or 2. Default 2; the process never runs more than 2. */
  workers?: number;
  /** The folder whose packages are looked at first for the languages' models. Default: the working directory. */
  project?: string;
}

/** Lines that are remembered, some 2 kB each: a few dozen screens. */
const REMEMBERED = 2000;
/** Count up when what is read from the same picture changes. */
const REVISION = 1;

/**
 * Recognises text. The threads that it needs are shared by all readers of the process and start with the first read; they
 * never keep the process alive when nothing is being read.
 */
export class OcrReader {
  readonly #models: Model[];
  readonly #memo = new Memo<Promise<Recognised[]>>(REMEMBERED);
  readonly #atOnce: number;
  #reading = 0;
  readonly #queue: (() => void)[] = [];
  #version: string | undefined;
  #disposed = false;

  /**
   * @throws GuestwrightError `infrastructure/ocr-language-missing` with the command that installs the language,
   *   `usage/ocr-language-invalid`, `usage/ocr-workers-invalid`
   */
  constructor({ languages, workers = MOST_WORKERS, project = process.cwd() }: OcrOptions) {
    if (!Number.isInteger(workers) || workers < 1 || workers > MOST_WORKERS) {
      throw new GuestwrightError(`${workers} is no number of OCR workers`, {
        kind: 'usage',
        code: 'ocr-workers-invalid',
        expected: `1 to ${MOST_WORKERS}`,
        seen: String(workers),
        next: 'leave it out',
      });
    }
    this.#models = findModels(languages, project);
    this.#atOnce = workers;
    useWorkers(this.#models);
  }

  /** What the text that is read depends on besides the picture, for the keys of caches: the library and the models. */
  get version(): string {
    this.#version ??= [
      `ocr-${REVISION}`,
      `tesseract.js-${libraryVersion()}`,
      ...this.#models.map((model) => `${model.language}-${digestOfModel(model)}`),
    ].join(' ');
    return this.#version;
  }

  /**
   * The rows of text in a picture, in reading order, of rung `ocr`. What stands on one height is one row. Lines that look
   * as they did in an earlier read of this reader are not recognised again.
   * @param areas only these parts, in pixels: what surer rungs left over. Default: the whole picture
   * @throws GuestwrightError `infrastructure/ocr-failed`, `usage/ocr-disposed`
   */
  async read(picture: Picture, areas?: readonly Region[]): Promise<TextRow[]> {
    if (this.#disposed) throw disposed();
    return readPicture(picture, (image) => this.#recognise(image), this.#memo, areas);
  }

  /** Ends the threads if no other reader needs them. What is being read is read to its end. May be called more than once. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await releaseWorkers(this.#models);
  }

  async #recognise(image: Grey): Promise<Recognised[]> {
    if (this.#reading >= this.#atOnce) await new Promise<void>((go) => this.#queue.push(go));
    else this.#reading++;
    try {
      return await recogniseLine(this.#models, image);
    } finally {
      // The next one takes this one's place, or the place is free.
      const next = this.#queue.shift();
      if (next === undefined) this.#reading--;
      else next();
    }
  }
}

const manifest = z.object({ version: z.string() });

function libraryVersion(): string {
  return manifest.parse(createRequire(import.meta.url)('tesseract.js/package.json')).version;
}

function disposed(): GuestwrightError {
  return new GuestwrightError('The OCR reader was disposed of', {
    kind: 'usage',
    code: 'ocr-disposed',
    expected: 'read() before dispose()',
    seen: 'read() after it',
    next: 'make another reader',
  });
}
