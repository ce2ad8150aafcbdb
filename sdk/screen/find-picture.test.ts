import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { GuestwrightError } from '../errors.js';
import { decodePng } from '../reading/png.js';
import { flat, pasted, picture, randomCrop, randomPicture, scoreAt, seeded, withNoise } from './find-fixture.js';
import { findPicture, prepareNeedle, prepareScreen, type FindPictureOptions, type FindResult } from './find-picture.js';
import { crop, type Picture } from './picture.js';

const COLOURS = { '.': 0x202020, '#': 0xf0f0f0, r: 0xd01010, g: 0x10d010, b: 0x1010d0 };

const load = (name: string): Picture => {
  const file = path.join('sdk', 'screen', 'screens', `${name}.png`);
  return decodePng(readFileSync(file), file);
};

/** Places as `x,y by-which-step`. */
const words = (result: FindResult): string[] =>
  result.outcome === 'found'
    ? result.places.map(({ region, how }) => `${region.x},${region.y} ${how}`)
    : [result.outcome];

const scoreOf = (result: FindResult): number => (result.outcome === 'found' ? result.places[0].score : NaN);

const screen = randomPicture(seeded(1), 120, 90, [0x202020, 0xf0f0f0, 0xd01010]);
const button = crop(screen, { x: 71, y: 40, width: 20, height: 12 });
const noisy = withNoise(button, seeded(2), 8);

test('a picture at its known place is found there', () => {
  expect(words(findPicture(screen, button, { at: { x: 71, y: 40 } }))).toEqual(['71,40 place']);
  expect(words(findPicture(screen, noisy, { at: { x: 71, y: 40 }, tolerance: 6 }))).toEqual(['71,40 place']);
});

test('a picture that has moved is found exactly, anywhere', () => {
  const found = findPicture(screen, button, { at: { x: 0, y: 0 }, margin: 2 });
  expect(words(found)).toEqual(['71,40 anchor']);
  expect(scoreOf(found)).toBe(0);
  expect(found).toMatchObject({ places: [{ region: { x: 71, y: 40, width: 20, height: 12 } }] });
});

test('of several exact places, the one around the known place is taken', () => {
  const twice = pasted(screen, button, 3, 2);
  expect(words(findPicture(twice, button))).toEqual(['3,2 anchor']);
  expect(words(findPicture(twice, button, { at: { x: 70, y: 43 }, margin: 5 }))).toEqual(['71,40 anchor']);
});

test('a picture that is only alike is found in the margin of its known place', () => {
  const found = findPicture(screen, noisy, { at: { x: 66, y: 44 }, margin: 6, tolerance: 8 });
  expect(words(found)).toEqual(['71,40 margin']);
  expect(scoreOf(found)).toBe(scoreAt(screen, noisy, 71, 40));
});

test('a picture that is only alike is found anywhere by the pyramid', () => {
  expect(words(findPicture(screen, noisy, { tolerance: 8 }))).toEqual(['71,40 pyramid']);
  expect(words(findPicture(screen, noisy, { at: { x: 5, y: 5 }, margin: 9, tolerance: 8 }))).toEqual(['71,40 pyramid']);
});

test('what the pyramid ranks last is still found before a picture is said to be absent', () => {
  // Thousands of decoys are equal in all their blocks, but have their colours the other way round.
  const stripes = flat(200, 200, 0x808080);
  for (let at = 0; at < stripes.rgba.length; at += 4) {
    stripes.rgba.set((at / 4) % 2 === 0 ? [200, 56, 128, 255] : [56, 200, 128, 255], at);
  }
  const wanted = picture(
    Array.from({ length: 8 }, (_, y) => (y % 2 === 0 ? 'rgrgrgrg' : 'grgrgrgr')),
    {
      r: 0xff0080,
      g: 0x00ff80,
    },
  );
  const almost = withNoise(wanted, seeded(3), 3);
  const hidden = pasted(stripes, almost, 150, 171);
  expect(words(findPicture(hidden, wanted, { tolerance: 4 }))).toEqual(['150,171 full']);
  expect(words(findPicture(stripes, wanted, { tolerance: 4 }))).toEqual(['absent']);
});

test('a picture that differs more than the tolerance is absent, and the nearest place is told when asked for', () => {
  const score = scoreAt(screen, noisy, 71, 40);
  expect(findPicture(screen, noisy)).toEqual({ outcome: 'absent', nearest: null });
  expect(findPicture(screen, noisy, { tolerance: score - 0.01, nearest: true })).toEqual({
    outcome: 'absent',
    nearest: { region: { x: 71, y: 40, width: 20, height: 12 }, score },
  });
  expect(words(findPicture(screen, noisy, { tolerance: score }))).toEqual(['71,40 pyramid']);
});

test.each([
  ['top left', 0, 0],
  ['top right', 100, 0],
  ['bottom left', 0, 78],
  ['bottom right', 100, 78],
])('a picture in the corner %s is found, exactly and alike', (_, x, y) => {
  const corner = crop(screen, { x, y, width: 20, height: 12 });
  expect(words(findPicture(screen, corner))).toEqual([`${x},${y} anchor`]);
  expect(words(findPicture(screen, withNoise(corner, seeded(4), 8), { tolerance: 8 }))).toEqual([`${x},${y} pyramid`]);
});

test('a picture as large as the screen has one place, and a larger one none', () => {
  expect(words(findPicture(screen, screen))).toEqual(['0,0 anchor']);
  expect(words(findPicture(screen, withNoise(screen, seeded(5), 8), { tolerance: 8 }))).toEqual(['0,0 pyramid']);
  expect(findPicture(button, screen)).toEqual({
    outcome: 'too-large',
    wanted: { width: 120, height: 90 },
    searched: { width: 20, height: 12 },
  });
});

test('only the part of the screen that is asked for is searched, and the picture lies wholly in it', () => {
  expect(words(findPicture(screen, button, { within: { x: 71, y: 40, width: 20, height: 12 } }))).toEqual([
    '71,40 anchor',
  ]);
  expect(words(findPicture(screen, button, { within: { x: 72, y: 40, width: 40, height: 40 } }))).toEqual(['absent']);
  expect(
    words(findPicture(screen, button, { at: { x: 71, y: 40 }, within: { x: 0, y: 0, width: 80, height: 90 } })),
  ).toEqual(['absent']);
  expect(findPicture(screen, button, { within: { x: 100, y: 80, width: 50, height: 50 } })).toEqual({
    outcome: 'too-large',
    wanted: { width: 20, height: 12 },
    searched: { width: 20, height: 10 },
  });
});

test('every place is found in reading order, exact or alike, none overlapping another', () => {
  const three = pasted(pasted(screen, noisy, 10, 60), button, 90, 5);
  expect(words(findPicture(three, button, { all: true }))).toEqual(['90,5 anchor', '71,40 anchor']);
  expect(words(findPicture(three, button, { all: true, tolerance: 8 }))).toEqual([
    '90,5 anchor',
    '71,40 anchor',
    '10,60 full',
  ]);
  const dots = picture(['#.#.#.#.', '.#.#.#.#'], COLOURS);
  expect(words(findPicture(dots, picture(['#.#', '.#.'], COLOURS), { all: true }))).toEqual([
    '0,0 anchor',
    '4,0 anchor',
  ]);
});

test('a picture of one colour is found where its colour fills as much, exactly and alike', () => {
  const field = pasted(
    pasted(flat(300, 200, 0x202020), flat(40, 30, 0xd01010), 120, 80),
    flat(39, 30, 0xd01010),
    10,
    20,
  );
  expect(words(findPicture(field, flat(40, 30, 0xd01010)))).toEqual(['120,80 anchor']);
  expect(words(findPicture(field, flat(41, 30, 0xd01010)))).toEqual(['absent']);
  expect(words(findPicture(field, flat(40, 30, 0xd01614), { tolerance: 4 }))).toEqual(['120,80 full']);
  expect(words(findPicture(field, flat(300, 50, 0x202020)))).toEqual(['0,110 anchor']);
});

test('a picture of the colour of a large screen is tiled over it when every place is asked for', () => {
  const places = findPicture(flat(500, 300, 0xffffff), flat(200, 100, 0xffffff), { all: true });
  expect(words(places)).toHaveLength(2 * 3);
  const alike = findPicture(flat(500, 300, 0xffffff), flat(200, 100, 0xfefefe), { all: true, tolerance: 2 });
  expect(words(alike)).toHaveLength(2 * 3);
});

test('transparent pixels do not count', () => {
  const ring = picture([' rr ', 'r  r', ' rr '], COLOURS);
  const there = picture(['........', '..rrr...', '.rgbr...', '..rrb...'], COLOURS);
  expect(words(findPicture(there, ring))).toEqual(['1,1 anchor']);
  const mixed = picture(['rg  ', '  br'], COLOURS);
  expect(words(findPicture(picture(['.....', '.rg#.', '.#.br'], COLOURS), mixed))).toEqual(['1,1 anchor']);
  const scattered = picture(['r ', ' g'], COLOURS);
  expect(words(findPicture(picture(['..r.', '...g'], COLOURS), scattered))).toEqual(['2,0 anchor']);
  const off = findPicture(picture(['..r.', '...b'], COLOURS), scattered, { tolerance: 64 });
  expect(words(off)).toEqual(['2,0 pyramid']);
  expect(scoreOf(off)).toBe((2 * 0xc0) / 6);
});

test('the alpha of the screen is not looked at', () => {
  const translucent = { ...screen, rgba: screen.rgba.map((value, at) => (at % 4 === 3 ? at % 251 : value)) };
  expect(words(findPicture(translucent, button))).toEqual(['71,40 anchor']);
});

test('what is prepared finds the same, however often', () => {
  const prepared = prepareScreen(screen);
  for (const wanted of [button, noisy, flat(3, 3, 0xf0f0f0)]) {
    const needle = prepareNeedle(wanted);
    for (const options of [{}, { tolerance: 8 }, { tolerance: 8, at: { x: 68, y: 41 }, margin: 4 }, { all: true }]) {
      const once = findPicture(screen, wanted, options);
      expect(findPicture(prepared, needle, options)).toEqual(once);
      expect(findPicture(prepared, needle, options)).toEqual(once);
    }
  }
});

test.each<[string, FindPictureOptions, string]>([
  ['a place between pixels', { at: { x: 0.5, y: 0 } }, 'find-option'],
  ['a margin below 0', { margin: -1 }, 'find-option'],
  ['a tolerance that is no number', { tolerance: NaN }, 'find-option'],
  ['a tolerance above 255', { tolerance: 256 }, 'find-option'],
  ['a part outside the screen', { within: { x: 500, y: 0, width: 5, height: 5 } }, 'region-outside'],
])('%s is wrong usage', (_, options, code) => {
  expect(codeOf(() => findPicture(screen, button, options))).toBe(code);
});

test('pictures with nothing in them, or of too few bytes, are wrong usage', () => {
  const transparent = picture(['  ', '  '], COLOURS);
  expect(codeOf(() => prepareNeedle(transparent))).toBe('picture-empty');
  const short = { width: 4, height: 4, rgba: new Uint8Array(60) };
  expect(codeOf(() => prepareNeedle(short))).toBe('picture-invalid');
  expect(codeOf(() => findPicture(short, button))).toBe('picture-invalid');
  expect(() => prepareNeedle({ width: 0, height: 0, rgba: new Uint8Array(0) })).toThrow('at least one pixel');
});

test.each(['gtk1024', 'fbsh', 'newt'])(
  'crops of the screen %s are found with noise on every pixel, where they fit best to a 20th of a level',
  (name) => {
    const random = seeded(6);
    const real = load(name);
    const prepared = prepareScreen(real);
    for (let i = 0; i < 6; i++) {
      const [region, clean] = randomCrop(real, random, 200, 100);
      expect(words(findPicture(prepared, clean))[0]).toMatch(/anchor$/);
      const noise = withNoise(clean, random, 8);
      const found = findPicture(prepared, noise, { tolerance: 8 });
      const truth = scoreAt(real, noise, region.x, region.y);
      expect(scoreOf(found), `at ${region.x},${region.y}`).toBeLessThanOrEqual(truth + 0.05);
    }
  },
);

test.each([7, 8, 9, 10])('small pictures on small screens are found as by trying every place (seed %i)', (seed) => {
  const random = seeded(seed);
  const upTo = (most: number): number => 1 + Math.floor(random() * most);
  const outcomes = { found: 0, absent: 0, several: 0, alike: 0 };
  for (let round = 0; round < 200; round++) {
    const colours = [0x101010, 0x141210, 0x801010, 0x10c0ff].slice(0, upTo(4));
    const small = randomPicture(
      random,
      upTo(14),
      upTo(14),
      random() < 0.5 ? [...colours, 0x101010, 0x101010] : colours,
    );
    const [width, height] = [upTo(Math.min(5, small.width)), upTo(Math.min(5, small.height))];
    const cut = random() < 0.6;
    let wanted = cut ? randomCrop(small, random, width, height)[1] : randomPicture(random, width, height, colours);
    if (random() < 0.3) wanted = withNoise(wanted, random, 3);
    if (random() < 0.3) wanted.rgba.forEach((_, at) => at % 4 === 3 && random() < 0.3 && (wanted.rgba[at] = 0));
    wanted.rgba[3] = 255;
    const tolerance = random() < 0.5 ? 0 : random() * 6;
    const truth = everyPlace(small, wanted).filter(({ score }) => score <= tolerance + 1e-9);
    const one = findPicture(small, wanted, { tolerance });
    const every = findPicture(small, wanted, { tolerance, all: true });
    if (truth.length === 0) {
      expect([one, every]).toEqual([
        { outcome: 'absent', nearest: null },
        { outcome: 'absent', nearest: null },
      ]);
      outcomes.absent++;
      continue;
    }
    if (one.outcome !== 'found' || every.outcome !== 'found') throw new Error(`round ${round}: not found`);
    outcomes.found++;
    if (every.places.length > 1) outcomes.several++;
    for (const { region, score } of [...one.places, ...every.places]) {
      const there = truth.find(({ x, y }) => x === region.x && y === region.y);
      expect(there?.score).toBeCloseTo(score, 9);
    }
    const exact = truth.find(({ score }) => score === 0);
    if (exact !== undefined) expect(one.places[0]).toMatchObject({ region: { x: exact.x, y: exact.y }, how: 'anchor' });
    else outcomes.alike++;
    const overlap = (a: { x: number; y: number }, b: { x: number; y: number }): boolean =>
      Math.abs(a.x - b.x) < width && Math.abs(a.y - b.y) < height;
    const regions = every.places.map(({ region }) => region);
    regions.forEach((a, i) => regions.slice(i + 1).forEach((b) => expect(overlap(a, b)).toBe(false)));
    for (const place of truth) expect(regions.some((region) => overlap(region, place))).toBe(true);
    if (tolerance === 0) expect(regions.map(({ x, y }) => [x, y])).toEqual(greedy(truth, overlap));
  }
  expect(Math.min(...Object.values(outcomes))).toBeGreaterThan(10);
});

/** The code of the wrong usage that is thrown. */
function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof GuestwrightError && error.kind === 'usage') return error.code;
    throw error;
  }
  return 'nothing was thrown';
}

function everyPlace(small: Picture, wanted: Picture): { x: number; y: number; score: number }[] {
  const places = [];
  for (let y = 0; y + wanted.height <= small.height; y++) {
    for (let x = 0; x + wanted.width <= small.width; x++) places.push({ x, y, score: scoreAt(small, wanted, x, y) });
  }
  return places;
}

/** Places that overlap no earlier one. */
function greedy<T extends { x: number; y: number }>(places: T[], overlap: (a: T, b: T) => boolean): number[][] {
  const kept: T[] = [];
  for (const place of places) if (!kept.some((one) => overlap(one, place))) kept.push(place);
  return kept.map(({ x, y }) => [x, y]);
}

test('what only just passes is not taken where another place is clearly better', () => {
  // Little on it, and much of the screen is alike: the blocks ranked its own place too low.
  const menu = pasted(flat(1024, 768, 0x404040), load('grubgfx'), 112, 84);
  const random = seeded(676);
  const clean = crop(menu, { x: 676, y: 117, width: 200, height: 100 });
  for (let i = 0; i < 6; i++) {
    const wanted = withNoise(clean, random, 8);
    const found = findPicture(menu, wanted, { tolerance: 8 });
    expect(scoreOf(found)).toBeLessThan(scoreAt(menu, wanted, 676, 117) + 0.05);
  }
});
