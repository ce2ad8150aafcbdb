/**
 * How long comparing a frame of 1024x768 with its golden takes, both in memory: against memcmp, which every byte has to
 * go through; against pixelmatch without a picture of the difference; against Playwright's own comparator.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import pixelmatch from 'pixelmatch';
import { compareFrames } from '../../sdk/reading/compare.js';
import { decodePng, encodePng } from '../../sdk/reading/png.js';
import { pixelsOf, type Picture } from '../../sdk/screen/picture.js';
import { median, type Figure, type Figures } from '../figures.js';

/** Each round measures all in turn, because a shared machine is not equally fast for a second. */
const ROUNDS = 25;
const WARM_UP_ROUNDS = 10;
/** A desktop, which has both text and flat parts. */
const SCREEN = new URL('../../../sdk/screen/screens/gtk1024.png', import.meta.url);
/** Of the picture's width and height: 5 % of its area. */
const SIDE = Math.sqrt(0.05);
/** Playwright's default. */
const THRESHOLD = 0.2;

const CASES = ['identical', 'onePixel', 'rectangle'] as const;
type Case = (typeof CASES)[number];

export async function measureCompare(note: (line: string) => void): Promise<Figures> {
  const golden = decodePng(await readFile(SCREEN), 'gtk1024.png');
  const frames = makeFrames(golden);
  const [ours, theirs] = [noTimes(), noTimes()];
  const memcmp: number[] = [];
  const playwright: number[] = [];
  const comparator = playwrightComparator();
  const [goldenPng, framePng] = [Buffer.from(encodePng(golden)), Buffer.from(encodePng(frames.onePixel))];
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    const keep = (times: number[], ms: number) => {
      if (round >= 0) times.push(ms);
    };
    keep(
      memcmp,
      time(20, () => asBuffer(golden).equals(asBuffer(frames.identical))),
    );
    for (const name of CASES) {
      keep(
        ours[name],
        time(name === 'rectangle' ? 5 : 20, () => compareFrames(golden, frames[name])),
      );
      keep(
        theirs[name],
        time(3, () => countByPixelmatch(golden, frames[name])),
      );
    }
    // The difference is allowed: Playwright then does not write a picture of it.
    keep(
      playwright,
      time(1, () => comparator(framePng, goldenPng, { threshold: THRESHOLD, maxDiffPixels: 1 })),
    );
    // What is compiled better beside is taken from the next turn on.
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (const name of CASES) {
    const [count, truth] = [countByUs(golden, frames[name]), countByPixelmatch(golden, frames[name])];
    if (count !== truth) throw new Error(`${name}: ${count} pixels counted, ${truth} by pixelmatch`);
    note(`compare ${name}: ${count} of ${golden.width * golden.height} pixels differ, as pixelmatch counts them`);
  }
  return {
    'compare.identical': dearer(ours.identical, memcmp),
    'compare.onePixel': dearer(ours.onePixel, memcmp),
    'compare.rectangle': dearer(ours.rectangle, memcmp),
    'compare.vsPixelmatch': faster(ours.onePixel, theirs.onePixel),
    'compare.vsPixelmatch.identical': faster(ours.identical, theirs.identical),
    'compare.vsPixelmatch.rectangle': faster(ours.rectangle, theirs.rectangle),
    'compare.vsPlaywright': faster(ours.onePixel, playwright),
  };
}

/** How many times as long as the least that it could take; lower is better. */
function dearer(times: readonly number[], least: readonly number[]): Figure {
  return figureOf(times, least, (own, other) => own / other);
}

/** How many times faster than others; higher is better. */
function faster(times: readonly number[], others: readonly number[]): Figure {
  return figureOf(times, others, (own, other) => other / own);
}

/** The ratio is the median of those of one round each. */
function figureOf(
  times: readonly number[],
  baseline: readonly number[],
  ratioOf: (own: number, other: number) => number,
): Figure {
  const ratios = times.map((own, round) => ratioOf(own, baseline[round] ?? NaN));
  return { value: median(times), unit: 'ms', baseline: median(baseline), ratio: median(ratios) };
}

function makeFrames(golden: Picture): Record<Case, Picture> {
  const { width, height } = golden;
  const changed = (change: (pixels: Uint32Array) => void): Picture => {
    const copy = { width, height, rgba: golden.rgba.slice() };
    change(pixelsOf(copy));
    return copy;
  };
  const middle = Math.floor(height / 2) * width + Math.floor(width / 2);
  return {
    identical: changed(() => undefined),
    onePixel: changed((pixels) => invert(pixels, middle)),
    rectangle: changed((pixels) => {
      const [columns, rows] = [Math.round(width * SIDE), Math.round(height * SIDE)];
      const first = Math.floor((height - rows) / 2) * width + Math.floor((width - columns) / 2);
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) invert(pixels, first + row * width + column);
      }
    }),
  };
}

/** All colours of a pixel, not its alpha. */
function invert(pixels: Uint32Array, at: number): void {
  pixels[at] = ((pixels[at] ?? 0) ^ 0xffffff) >>> 0;
}

function noTimes(): Record<Case, number[]> {
  return { identical: [], onePixel: [], rectangle: [] };
}

/** Median wall ms of so many runs. */
function time(runs: number, run: () => unknown): number {
  const times = Array.from({ length: runs }, () => {
    const start = performance.now();
    run();
    return performance.now() - start;
  });
  return median(times);
}

function asBuffer({ rgba }: Picture): Buffer {
  return Buffer.from(rgba.buffer, rgba.byteOffset, rgba.length);
}

function countByUs(golden: Picture, frame: Picture): number {
  const result = compareFrames(golden, frame, { threshold: THRESHOLD });
  if (result.outcome === 'size-mismatch') throw new Error('the pictures have one size');
  return result.outcome === 'identical' ? 0 : result.pixels;
}

function countByPixelmatch(golden: Picture, frame: Picture): number {
  const { width, height } = golden;
  return pixelmatch(golden.rgba, frame.rgba, undefined, width, height, { threshold: THRESHOLD });
}

type Comparator = (
  actual: Buffer,
  expected: Buffer,
  options: { threshold: number; maxDiffPixels: number },
) => { errorMessage: string } | null;

/** What `toHaveScreenshot` compares with. Playwright does not publish it; 1.65 has it in this file. */
function playwrightComparator(): Comparator {
  const bundle: unknown = createRequire(import.meta.url)('playwright-core/lib/coreBundle');
  if (!hasComparators(bundle))
    throw new Error('This Playwright keeps its comparators elsewhere: look for getComparator');
  return bundle.utils.getComparator('image/png');
}

function hasComparators(bundle: unknown): bundle is { utils: { getComparator: (mimeType: string) => Comparator } } {
  if (typeof bundle !== 'object' || bundle === null || !('utils' in bundle)) return false;
  const { utils } = bundle;
  return (
    typeof utils === 'object' && utils !== null && 'getComparator' in utils && typeof utils.getComparator === 'function'
  );
}
