/** Holds every way to count against pixelmatch on random pictures. */
import pixelmatch from 'pixelmatch';
import { equalWords } from './changed.js';
import { makeComparer, type CompareOptions, type Comparer, type Picture } from './compare.js';
import type { Region } from './content.js';
import { countWithPixelmatch, MASK } from './counter.js';
import { crop, fill, pixelsOf } from './picture.js';
import { countByRule, type Ways } from './pixelmatch-rule.test.helper.js';
import {
  KINDS,
  pick,
  randomNumbers,
  randomPair,
  randomRegion,
  type Kind,
  type Pair,
  type Random,
} from './scenes.test.helper.js';
import { makeWasmCounter } from './wasm/counter.js';

/** So few that many pictures take several strips. */
const FEW_PIXELS = 300;

export const COMPARERS: Record<string, Comparer> = {
  'WebAssembly with SIMD': makeComparer(makeWasmCounter('simd')),
  'WebAssembly without SIMD': makeComparer(makeWasmCounter('plain')),
  'WebAssembly in strips': makeComparer(makeWasmCounter('simd', FEW_PIXELS)),
  'no WebAssembly': makeComparer({ count: countWithPixelmatch, equalBytes: equalWords }),
};

export interface Trial extends Pair {
  options: CompareOptions & { threshold: number; includeAA: boolean };
}

/** How trials of each kind there were, and how many of them differ. */
export interface Tally {
  trials: Record<Kind, number>;
  alpha: number;
  differing: number;
}

export function randomTrial(random: Random): Trial {
  const pair = randomPair(random);
  const threshold = pick(random, [0, 0.05, 0.1, 0.2]);
  const options: Trial['options'] = { threshold, includeAA: random() < 0.3 };
  if (random() < 0.2) options.clip = randomRegion(random, pair.a);
  if (random() < 0.2) options.masks = [randomRegion(random, pair.a), randomRegion(random, pair.a)];
  return { ...pair, options };
}

/**
 * Makes so many trials. Throws at the first count that is not pixelmatch's.
 * @param ways gets the ways through the rule that the pictures took; null leaves them out, which is faster
 */
export function fuzz(seed: number, trials: number, ways: Ways | null): Tally {
  const random = randomNumbers(seed);
  const tally: Tally = { trials: { noise: 0, shapes: 0, text: 0, screen: 0 }, alpha: 0, differing: 0 };
  for (let trial = 0; trial < trials; trial++) {
    const { kind, alpha, a, b, options } = randomTrial(random);
    const [first, second] = [prepared(a, options), prepared(b, options)];
    const truth = pixelmatch(first.rgba, second.rgba, undefined, first.width, first.height, options);
    const counts = new Map<string, number>();
    for (const [name, comparer] of Object.entries(COMPARERS)) counts.set(name, countOf(comparer, a, b, options));
    if (ways !== null) counts.set('the rule as the test knows it', countByRule(first, second, options, ways));
    for (const [name, count] of counts) {
      if (count === truth) continue;
      throw new Error(`trial ${trial} of seed ${seed} (${kind}): ${name} counts ${count}, pixelmatch ${truth}`);
    }
    tally.trials[kind]++;
    if (alpha) tally.alpha++;
    if (truth > 0) tally.differing++;
  }
  return tally;
}

/** Which part of the trials was rendered: text, shapes and real screens. */
export function renderedShare({ trials }: Tally): number {
  const all = KINDS.reduce((sum, kind) => sum + trials[kind], 0);
  return (all - trials.noise) / all;
}

/** What pixelmatch would be given. */
function prepared(picture: Picture, { clip, masks = [] }: CompareOptions): Picture {
  const area: Region = clip ?? { x: 0, y: 0, width: picture.width, height: picture.height };
  const part = crop(picture, area);
  const moved = masks.map((mask) => ({ ...mask, x: mask.x - area.x, y: mask.y - area.y }));
  fill(pixelsOf(part), part.width, moved, MASK);
  return part;
}

export function countOf(comparer: Comparer, a: Picture, b: Picture, options: CompareOptions): number {
  const result = comparer.compare(a, b, options);
  if (result.outcome === 'size-mismatch') throw new Error('the pictures have one size');
  return result.outcome === 'identical' ? 0 : result.pixels;
}
