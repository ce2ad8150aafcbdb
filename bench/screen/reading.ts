/**
 * Reading: the exact glyph reader on the shared screens, against tesseract.js as it comes (psm 3 on the same PNG, its
 * worker warm), in turns in one run. A share of lines counts a line that is found verbatim, borders and runs of blanks
 * apart.
 */
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { createWorker, OEM, PSM, type Worker } from 'tesseract.js';
import { decodePng } from '../../sdk/reading/png.js';
import type { GlyphFont } from '../../sdk/screen/font.js';
import { GlyphReader } from '../../sdk/screen/glyphs/index.js';
import type { Picture } from '../../sdk/screen/picture.js';
import { median, type Figure, type Figures } from '../figures.js';

const FOLDER = path.join('sdk', 'screen', 'screens');
const TEXT_MODES = ['vtsh', 'grub', 'seabios', 'memtest', 'newt'];
const FRAMEBUFFERS = ['fbsh', 'fbnewt', 'ovmfdm'];
const ROUNDS = 3;
/** Readings that are timed together: one is too short for the clock. */
const COLD_READINGS = 20;
const WARM_UPS = 4;

interface Screen {
  name: string;
  png: Buffer;
  picture: Picture;
  lines: string[];
}

/** @param note is told each screen's times */
export async function measureReading(note: (line: string) => void, fonts: readonly GlyphFont[]): Promise<Figures> {
  const screens = await loadScreens();
  const pick = (names: readonly string[]) => screens.filter(({ name }) => names.includes(name));
  const menus = screens.filter(({ name }) => name === 'grubgfx' || name.startsWith('menu-'));
  const worker = await tesseractAsItComes();
  try {
    return {
      'read.console': await race(pick(TEXT_MODES), fonts, worker, 'cold', note),
      'read.framebuffer': await race(pick(FRAMEBUFFERS), fonts, worker, 'cold', note),
      'read.framebuffer.known': await race(pick(FRAMEBUFFERS), fonts, worker, 'known', note),
      'read.console.lines': await shareOfLines(pick([...TEXT_MODES, ...FRAMEBUFFERS]), fonts, worker),
      'read.menus.lines': await shareOfLines(menus, fonts, worker),
    };
  } finally {
    await worker.terminate();
  }
}

async function loadScreens(): Promise<Screen[]> {
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.png')).sort();
  return Promise.all(
    files.map(async (file) => {
      const name = file.slice(0, -4);
      const png = await readFile(path.join(FOLDER, file));
      const text = await readFile(path.join(FOLDER, `${name}.txt`), 'utf8');
      return { name, png, picture: decodePng(png, file), lines: text.trimEnd().split('\n').map(plain) };
    }),
  );
}

async function tesseractAsItComes(): Promise<Worker> {
  const model = path.dirname(createRequire(import.meta.url).resolve('@tesseract.js-data/eng/package.json'));
  const langPath = path.join(model, '4.0.0_best_int');
  const worker = await createWorker('eng', OEM.LSTM_ONLY, { langPath, gzip: true, cacheMethod: 'none' });
  await worker.setParameters({ tessedit_pageseg_mode: PSM.AUTO });
  return worker;
}

/**
 * The median over the screens of a reading's time; the ratio is how many times longer tesseract.js takes.
 * @param how `cold`: a reader that has seen nothing. `known`: one that knows the grid, and every row changed.
 */
async function race(
  screens: readonly Screen[],
  fonts: readonly GlyphFont[],
  worker: Worker,
  how: 'cold' | 'known',
  note: (line: string) => void,
): Promise<Figure> {
  const ours: number[] = [];
  const theirs: number[] = [];
  const read = how === 'cold' ? readCold : readKnown;
  // What a compiler does to code that runs for the first time is not what is measured.
  for (let i = 0; i < WARM_UPS; i++) for (const { picture } of screens) read(picture, fonts);
  for (const { name, picture, png } of screens) {
    const own: number[] = [];
    const other: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      own.push(read(picture, fonts));
      const start = performance.now();
      await worker.recognize(png);
      other.push(performance.now() - start);
    }
    ours.push(median(own));
    theirs.push(median(other));
    note(`${name} (${how}): ${median(own).toFixed(3)} ms, tesseract.js ${median(other).toFixed(0)} ms`);
  }
  const ratios = ours.map((own, i) => (theirs[i] ?? 0) / own);
  return { value: median(ours), unit: 'ms', baseline: median(theirs), ratio: median(ratios) };
}

function readCold(picture: Picture, fonts: readonly GlyphFont[]): number {
  const readers = Array.from({ length: COLD_READINGS }, () => new GlyphReader(fonts));
  const times = readers.map((reader) => {
    const start = performance.now();
    reader.read(picture);
    return performance.now() - start;
  });
  return median(times);
}

/** Between two pictures of one console in which every row that has text differs: the other is half a screen lower. */
function readKnown(picture: Picture, fonts: readonly GlyphFont[]): number {
  const reader = new GlyphReader(fonts);
  const { layout } = reader.read(picture);
  const cellHeight = layout?.kind === 'grid' ? layout.cellHeight : 16;
  const rows = Math.floor(picture.height / cellHeight / 2) * cellHeight;
  const moved = { ...picture, rgba: picture.rgba.slice() };
  moved.rgba.copyWithin(0, 4 * picture.width * rows, 8 * picture.width * rows);
  const times: number[] = [];
  for (let i = 0; i < COLD_READINGS; i++) {
    const next = i % 2 === 0 ? moved : picture;
    const start = performance.now();
    reader.read(next);
    times.push(performance.now() - start);
  }
  return median(times);
}

/** The part of the true lines that is found; the baseline is tesseract.js's. */
async function shareOfLines(screens: readonly Screen[], fonts: readonly GlyphFont[], worker: Worker): Promise<Figure> {
  let [all, ours, theirs] = [0, 0, 0];
  for (const { picture, png, lines } of screens) {
    const own = new GlyphReader(fonts).read(picture).rows.map(({ text }) => plain(text));
    const { data } = await worker.recognize(png);
    const other = data.text.split('\n').map(plain);
    all += lines.length;
    ours += lines.filter((line) => own.some((each) => each.includes(line))).length;
    theirs += lines.filter((line) => other.some((each) => each.includes(line))).length;
  }
  const [value, baseline] = [ours / all, theirs / all];
  return { value, unit: 'of lines', baseline, ratio: baseline === 0 ? null : value / baseline };
}

/** As the true texts are written: no borders, runs of blanks collapsed. */
function plain(text: string): string {
  return text
    .replace(/[\u2500-\u259f►▶]/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}
