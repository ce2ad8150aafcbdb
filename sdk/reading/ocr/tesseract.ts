/**
 * Tesseract's own library (compiled to WebAssembly, from tesseract.js), one variant of it: the others round differently,
 * and what is read must not depend on the host. Only this file knows its API, which tesseract.js has no types for.
 * Nothing here can fetch: the core does not, and tesseract.js's loader, which could, is not used.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import type { Grey } from '../../screen/ocr/strip.js';
import type { Recognised } from '../../screen/ocr/rows.js';
import type { Model } from './models.js';

const CORE = 'tesseract.js-core/tesseract-core-simd-lstm';

interface Core {
  FS: { writeFile(path: string, data: Uint8Array | string): void };
  TessBaseAPI: new () => Api;
}

interface Api {
  /** 0 when it succeeded. `engine` 1 is the LSTM. */
  Init(dataPath: null, languages: string, engine: 1, configFile: string): number;
  SetVariable(name: string, value: string): boolean;
  /** Reads `/input`; 0 when it succeeded. */
  SetImageFile(exif: number, angle: number): number;
  Recognize(monitor: null): number;
  GetJSONText(): string;
}

const box = z.object({ x0: z.number(), x1: z.number() });
const result = z.object({
  blocks: z.array(
    z.object({
      paragraphs: z.array(
        z.object({
          lines: z.array(
            z.object({
              words: z.array(
                z.object({ confidence: z.number(), symbols: z.array(z.object({ text: z.string(), bbox: box })) }),
              ),
            }),
          ),
        }),
      ),
    }),
  ),
});

/** Page segmentation modes: one line; where that gives nothing, one block; then a line without looking for its parts. */
const MODES = ['7', '6', '13'];

const CONFIG = [
  // What is not written down: words of a dictionary must not be preferred to what is on the screen.
  'load_system_dawg 0',
  'load_freq_dawg 0',
  'load_unambig_dawg 0',
  'load_punc_dawg 0',
  'load_number_dawg 0',
  'load_bigram_dawg 0',
  '',
].join('\n');

export class Tesseract {
  readonly #core: Core;
  readonly #api: Api;

  private constructor(core: Core, api: Api) {
    this.#core = core;
    this.#api = api;
  }

  /** Loads the library and the models. Rejects with an `Error` in plain words. */
  static async load(models: readonly Model[]): Promise<Tesseract> {
    const require = createRequire(import.meta.url);
    // Its package is a dependency of tesseract.js, not of ours.
    const create = createRequire(require.resolve('tesseract.js'))(CORE) as (options: object) => Promise<Core>;
    const core = await create({ TesseractProgress: () => undefined });
    for (const { language, file } of models) {
      core.FS.writeFile(`${language}.traineddata`, gunzipSync(readFileSync(file)));
    }
    core.FS.writeFile('/config', CONFIG);
    const api = new core.TessBaseAPI();
    const languages = models.map(({ language }) => language).join('+');
    if (api.Init(null, languages, 1, '/config') !== 0)
      throw new Error(`tesseract does not take the models ${languages}`);
    api.SetVariable('debug_file', '/dev/null');
    // It would guess, and say so on the console. Lines are prepared to about this size of text.
    api.SetVariable('user_defined_dpi', '210');
    return new Tesseract(core, api);
  }

  /** The words of a prepared line, from left to right; none where there are none. */
  read({ width, height, grey }: Grey): Recognised[] {
    const header = new TextEncoder().encode(`P5\n${width} ${height}\n255\n`);
    const file = new Uint8Array(header.length + grey.length);
    file.set(header);
    file.set(grey, header.length);
    this.#core.FS.writeFile('/input', file);
    for (const mode of MODES) {
      this.#api.SetVariable('tessedit_pageseg_mode', mode);
      if (this.#api.SetImageFile(1, 0) !== 0)
        throw new Error(`tesseract does not take a picture of ${width}x${height}`);
      if (this.#api.Recognize(null) !== 0) continue;
      const words = wordsOf(this.#api.GetJSONText());
      if (words.length > 0) return words;
    }
    return [];
  }
}

function wordsOf(json: string): Recognised[] {
  const { blocks } = result.parse(JSON.parse(json));
  return blocks
    .flatMap(({ paragraphs }) => paragraphs)
    .flatMap(({ lines }) => lines)
    .flatMap(({ words }) => words)
    .map(({ confidence, symbols }) => ({
      confidence: confidence / 100,
      symbols: symbols.map(({ text, bbox }) => ({ text, left: bbox.x0, right: bbox.x1 })),
    }))
    .filter(({ symbols }) => symbols.some(({ text }) => text.trim() !== ''));
}
