/**
 * Reading graphical screens by recognition: ours against tesseract.js as it comes (the whole picture, psm 3, nothing
 * prepared), with the same model, in turns in one run.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import { readFile } from 'node:fs/promises';
import { createWorker, OEM, PSM } from 'tesseract.js';
import { OcrReader } from '../../sdk/reading/ocr/index.js';
import { decodePng } from '../../sdk/reading/index.js';
import { normaliseLine, scoreLines } from '../../sdk/screen/lines-score.js';
import type { Picture } from '../../sdk/screen/picture.js';
import { median, type Figures } from '../figures.js';

const SCREENS = ['gtk800', 'gtk1024'];
const FOLDER = path.join('sdk', 'screen', 'screens');
const ROUNDS = 3;

interface Screen {
  name: string;
  file: Buffer;
  picture: Picture;
  truth: string[];
}

type Read = (screen: Screen) => Promise<string[]>;

/** Both readers are started and warm before anything is timed; ours starts each round without memory of the last. */
export async function measureOcr(note: (line: string) => void): Promise<Figures> {
  const screens = await Promise.all(SCREENS.map(load));
  const stock = await startStock();
  const keepsThreads = new OcrReader({ languages: ['eng'] });
  try {
    const readers: Record<'ours' | 'stock', Read> = {
      ours: async ({ picture }) => {
        const rows = await new OcrReader({ languages: ['eng'] }).read(picture);
        return rows.map(({ text }) => text);
      },
      stock: stock.read,
    };
    const warm = screens[0];
    if (warm !== undefined) for (const read of Object.values(readers)) await read(warm);

    const times: Record<'ours' | 'stock', number[]> = { ours: [], stock: [] };
    const lines: Record<'ours' | 'stock', string[][]> = { ours: [], stock: [] };
    for (let round = 1; round <= ROUNDS; round++) {
      for (const screen of screens) {
        for (const which of ['ours', 'stock'] as const) {
          const start = performance.now();
          const read = await readers[which](screen);
          const ms = performance.now() - start;
          times[which].push(ms);
          if (round === 1) lines[which].push(read);
          note(`ocr ${round}/${ROUNDS} ${screen.name} ${which}: ${ms.toFixed(0)} ms`);
        }
      }
    }
    const ours = scoreAll(screens, lines.ours);
    const theirs = scoreAll(screens, lines.stock);
    const ratios = times.ours.map((ms, i) => (times.stock[i] ?? NaN) / ms);
    return {
      'read.gui.lines': { value: ours.share, unit: 'share', baseline: theirs.share, ratio: ours.share / theirs.share },
      'read.gui.cer': { value: ours.cer, unit: 'share', baseline: theirs.cer, ratio: theirs.cer / ours.cer },
      'read.gui': { value: median(times.ours), unit: 'ms', baseline: median(times.stock), ratio: median(ratios) },
    };
  } finally {
    await keepsThreads.dispose();
    await stock.end();
  }
}

async function load(name: string): Promise<Screen> {
  const file = await readFile(path.join(FOLDER, `${name}.png`));
  const text = await readFile(path.join(FOLDER, `${name}.txt`), 'utf8');
  return { name, file, picture: decodePng(file, name), truth: text.split('\n') };
}

async function startStock(): Promise<{ read: Read; end: () => Promise<void> }> {
  const manifest = createRequire(import.meta.url).resolve('@tesseract.js-data/eng/package.json');
  const worker = await createWorker('eng', OEM.LSTM_ONLY, {
    langPath: path.join(path.dirname(manifest), '4.0.0_best_int'),
    gzip: true,
    cacheMethod: 'none',
  });
  await worker.setParameters({ tessedit_pageseg_mode: PSM.AUTO });
  return {
    read: async ({ file }) => (await worker.recognize(file)).data.text.split('\n'),
    end: async () => {
      await worker.terminate();
    },
  };
}

/** Over all screens: lines found of all lines, wrong characters of all characters. */
function scoreAll(screens: readonly Screen[], read: readonly string[][]): { share: number; cer: number } {
  let lines = 0;
  let found = 0;
  let wrong = 0;
  let characters = 0;
  screens.forEach(({ truth }, i) => {
    const score = scoreLines(truth, read[i] ?? []);
    const length = truth.reduce((sum, line) => sum + Array.from(normaliseLine(line)).length, 0);
    lines += score.lines;
    found += score.found;
    wrong += score.cer * length;
    characters += length;
  });
  return { share: found / lines, cer: wrong / characters };
}
