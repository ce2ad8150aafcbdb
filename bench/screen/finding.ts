/**
 * Finding a picture of 200x100 in a screen of 1024x768, against trying every place in the plainest way: pixel by pixel
 * when it is to be exact; when not, by the sum of absolute differences, each given up when it is no longer the best.
 * Both do the same searches in the same run. Pictures are prepared beforehand, as while waiting; screens are not, as
 * every frame is new.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { decodePng } from '../../sdk/reading/png.js';
import { flat, pasted, randomCrop, seeded, withNoise } from '../../sdk/screen/find-fixture.js';
import { findPicture, prepareNeedle, type FindPictureOptions } from '../../sdk/screen/find-picture.js';
import { placesAround, placesIn, type Area } from '../../sdk/screen/finding/area.js';
import type { Region } from '../../sdk/screen/content.js';
import { crop, pixelsOf, type Picture } from '../../sdk/screen/picture.js';
import { median, type Figure, type Figures } from '../figures.js';
import { findAlikePlainly, findExactlyPlainly } from './plain-search.js';

const SCREEN = { width: 1024, height: 768 };
const WANTED = { width: 200, height: 100 };
const NAMES = ['gtk1024', 'fbsh', 'fbnewt', 'gtk800', 'grubgfx', 'ovmfdm', 'newt'];
/** Of each screen; 70 in all. */
const CROPS = 10;
/** Every channel of every pixel is changed by up to this much, … */
const NOISE = 8;
/** … and may differ by this much in the mean: about twice what the noise makes. */
const TOLERANCE = 8;
const MARGIN = 50;
/** Levels of a channel, in the mean, that make no difference between two places. */
const AS_GOOD = 0.02;
/** Of so many screens, the first crop is also searched for in the plain way: that takes seconds. */
const PLAIN_SCREENS = 2;
/** Times that each search of ours is repeated, after one that is not counted; the median is taken. */
const REPEATS = 5;

type Search = 'exact' | 'noisy' | 'margin' | 'absent';
type Place = { x: number; y: number } | null;

/** Of each search: ours of every crop; and of some, the plain way, and how many times slower it is. */
type Times = Record<Search, { ours: number[]; plain: number[]; ratios: number[] }>;

export async function measureFinding(note: (line: string) => void): Promise<Figures> {
  const random = seeded(20);
  const none = (): Times[Search] => ({ ours: [], plain: [], ratios: [] });
  const times: Times = { exact: none(), noisy: none(), margin: none(), absent: none() };
  const everywhere = placesOf(SCREEN);
  const screens = await Promise.all(NAMES.map(loadScreen));
  let hits = 0;
  for (const [i, screen] of screens.entries()) {
    const crops = cropsOf(screen, random);
    const strangers = cropsOf(screens[(i + 1) % screens.length] ?? screen, random);
    for (const [k, [region, clean]] of crops.entries()) {
      const noisy = withNoise(clean, random, NOISE);
      const strange = strangers[k]?.[1] ?? clean;
      const at = { x: region.x + Math.round(40 * random()) - 20, y: region.y + Math.round(40 * random()) - 20 };
      const near = placesAround(everywhere, at, MARGIN) ?? everywhere;
      const measure = (search: Search, wanted: Picture, options: FindPictureOptions, plainly: () => Place): Place => {
        const ours = timeOurs(screen, wanted, options);
        times[search].ours.push(ours.ms);
        if (k > 0 || i >= PLAIN_SCREENS) return ours.place;
        const plain = timed(plainly);
        times[search].plain.push(plain.ms);
        times[search].ratios.push(plain.ms / ours.ms);
        return ours.place;
      };
      const alike = { tolerance: TOLERANCE };
      const plainly = (wanted: Picture, places: Area) => () => findAlikePlainly(screen, wanted, places, TOLERANCE);
      measure('exact', clean, {}, () => findExactlyPlainly(screen, clean, everywhere));
      measure('margin', noisy, { ...alike, at, margin: MARGIN }, plainly(noisy, near));
      measure('absent', strange, alike, plainly(strange, everywhere));
      if (fits(screen, measure('noisy', noisy, alike, plainly(noisy, everywhere)), noisy, region)) hits++;
    }
    note(`finding in ${NAMES[i] ?? ''}: ${hits} of ${(i + 1) * CROPS} crops found under noise so far`);
  }
  const recall = hits / (NAMES.length * CROPS);
  return {
    'find.exact': figure(times.exact),
    'find.noisy': figure(times.noisy),
    'find.noisy.recall': { value: recall, unit: 'share', baseline: 1, ratio: recall },
    'find.margin': figure(times.margin),
    'find.absent': figure(times.absent),
  };
}

/** Ratio: how many times faster than the plain way. */
function figure({ ours, plain, ratios }: Times[Search]): Figure {
  return { value: median(ours), unit: 'ms', baseline: median(plain), ratio: median(ratios) };
}

function timeOurs(screen: Picture, wanted: Picture, options: FindPictureOptions): { ms: number; place: Place } {
  const needle = prepareNeedle(wanted);
  const search = (): Place => {
    const result = findPicture(screen, needle, options);
    return result.outcome === 'found' ? result.places[0].region : null;
  };
  const place = search();
  return { ms: median(Array.from({ length: REPEATS }, () => timed(search).ms)), place };
}

function timed(search: () => Place): { ms: number; place: Place } {
  const start = performance.now();
  const place = search();
  return { ms: performance.now() - start, place };
}

/**
 * Whether a place is where the crop was taken, or fits it as well as that does: where much of a screen is alike, the noise
 * itself decides which of two places fits better, and trying every place would answer the same.
 */
function fits(screen: Picture, place: Place, noisy: Picture, own: Region): boolean {
  if (place === null) return false;
  return differenceOf(screen, noisy, place) <= differenceOf(screen, noisy, own) + AS_GOOD;
}

/** Mean absolute difference of a channel. */
function differenceOf(screen: Picture, wanted: Picture, { x, y }: { x: number; y: number }): number {
  const seen = crop(screen, { ...WANTED, x, y }).rgba;
  let total = 0;
  for (let i = 0; i < seen.length; i++) if (i % 4 < 3) total += Math.abs((seen[i] ?? 0) - (wanted.rgba[i] ?? 0));
  return total / (3 * WANTED.width * WANTED.height);
}

/**
 * Crops that are not of one colour: such a one cannot be told from others like it. The first is the busiest of them, as
 * the plain way takes a minute where much is alike.
 */
function cropsOf(screen: Picture, random: () => number): ReturnType<typeof randomCrop>[] {
  const crops: ReturnType<typeof randomCrop>[] = [];
  while (crops.length < CROPS) {
    const found = randomCrop(screen, random, WANTED.width, WANTED.height);
    if (prepareNeedle(found[1]).flat === null) crops.push(found);
  }
  return crops.sort(([, a], [, b]) => edgesOf(b) - edgesOf(a));
}

function edgesOf(picture: Picture): number {
  const pixels = pixelsOf(picture);
  return pixels.reduce((edges, pixel, i) => (pixel === pixels[i + 1] ? edges : edges + 1), 0);
}

function placesOf(size: { width: number; height: number }): Area {
  const places = placesIn({ x: 0, y: 0, ...size }, WANTED);
  if (places === null) throw new RangeError('the picture is larger than the screen');
  return places;
}

/** A screen of {@link SCREEN}'s size; a smaller one lies in the middle of grey. */
async function loadScreen(name: string): Promise<Picture> {
  const file = path.join('sdk', 'screen', 'screens', `${name}.png`);
  const loaded = decodePng(await readFile(file), file);
  const x = (SCREEN.width - loaded.width) >> 1;
  const y = (SCREEN.height - loaded.height) >> 1;
  return pasted(flat(SCREEN.width, SCREEN.height, 0x404040), loaded, x, y);
}
