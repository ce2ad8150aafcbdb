/** Random pairs of pictures to compare, the same in every run: noise, rendered shapes and text, parts of real screens. */
import { readFileSync } from 'node:fs';
import { decodePng } from '../reading/png.js';
import type { Region } from './content.js';
import { crop, fill, pixelsOf, type Picture } from './picture.js';

/** Numbers from 0 to 1. */
export type Random = () => number;

export function randomNumbers(seed: number): Random {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export const KINDS = ['noise', 'shapes', 'text', 'screen'] as const;
/** All but noise are rendered. */
export type Kind = (typeof KINDS)[number];

export interface Pair {
  kind: Kind;
  /** Some of it is not opaque. */
  alpha: boolean;
  a: Picture;
  b: Picture;
}

/** Two pictures of up to `side` pixels a side that differ in places; rarely they do not differ at all. */
export function randomPair(random: Random, side = 64): Pair {
  const kind = pick(random, KINDS);
  const [width, height] = [below(random, side) + 1, below(random, side) + 1];
  const [a, b] = drawPair(random, kind, width, height);
  for (let change = below(random, 3); change > 0; change--) disturb(random, b);
  const alpha = random() < 0.25;
  if (alpha) for (const picture of random() < 0.5 ? [a, b] : [b]) makeTranslucent(random, picture);
  return { kind, alpha, a, b };
}

export function blank(width: number, height: number, colour = 0xff000000): Picture {
  return { width, height, rgba: new Uint8Array(new Uint32Array(width * height).fill(colour).buffer) };
}

function drawPair(random: Random, kind: Kind, width: number, height: number): [Picture, Picture] {
  if (kind === 'noise') {
    const a = noise(random, width, height);
    return [a, { ...a, rgba: a.rgba.slice() }];
  }
  if (kind === 'screen') return screenPair(random, width, height);
  const a = blank(width, height, colour(random));
  const b = { ...a, rgba: a.rgba.slice() };
  const count = kind === 'text' ? 1 + below(random, 3) : 2 + below(random, 5);
  for (let i = 0; i < count; i++) {
    const draw = kind === 'text' ? randomWord(random, a) : randomShape(random, a);
    const ink = colour(random);
    draw(a, 0, 0, ink);
    // Elsewhere by a part of a pixel, in another colour, or the same.
    if (random() < 0.4) draw(b, random() * 1.4 - 0.7, random() * 1.4 - 0.7, ink);
    else draw(b, 0, 0, random() < 0.3 ? colour(random) : ink);
  }
  return [a, b];
}

/** Of few colours, or of many. */
function noise(random: Random, width: number, height: number): Picture {
  const colours = Array.from({ length: 2 + below(random, 6) }, () => colour(random));
  const many = random() < 0.3;
  const result = blank(width, height);
  const pixels = pixelsOf(result);
  for (let i = 0; i < pixels.length; i++) pixels[i] = many ? colour(random) : pick(random, colours);
  return result;
}

const screens = new Map<string, Picture>();

function screen(name: string): Picture {
  const file = new URL(`../../../sdk/screen/screens/${name}.png`, import.meta.url);
  const picture = screens.get(name) ?? decodePng(readFileSync(file), name);
  screens.set(name, picture);
  return picture;
}

/** A part of a real screen, and the same a pixel further or once more. */
function screenPair(random: Random, width: number, height: number): [Picture, Picture] {
  const whole = screen(pick(random, ['gtk800', 'gtk1024', 'grubgfx', 'newt']));
  const x = below(random, whole.width - width);
  const y = below(random, whole.height - height);
  const [dx, dy] = random() < 0.6 ? [below(random, 2), below(random, 2)] : [0, 0];
  return [crop(whole, { x, y, width, height }), crop(whole, { x: x + dx, y: y + dy, width, height })];
}

/** Draws something; offsets are in pixels, and need not be whole. */
type Draw = (picture: Picture, dx: number, dy: number, ink: number) => void;
/** Distance from an outline in pixels; negative inside. */
type Distance = (x: number, y: number) => number;

function randomShape(random: Random, { width, height }: Picture): Draw {
  const [x, y] = [random() * width, random() * height];
  if (random() < 0.5) {
    const stroke = segment(x, y, random() * width, random() * height, 0.5 + 2 * random());
    return (picture, dx, dy, ink) => paint(picture, shifted(stroke, dx, dy), ink);
  }
  const [a, b] = [1 + random() * 20, 1 + random() * 20];
  const hollow = random() < 0.5;
  // Not the distance, but near enough to it at the outline.
  const ellipse: Distance = (px, py) => (Math.hypot((px - x) / a, (py - y) / b) - 1) * Math.min(a, b);
  const outline: Distance = hollow ? (px, py) => Math.abs(ellipse(px, py)) - 0.8 : ellipse;
  return (picture, dx, dy, ink) => paint(picture, shifted(outline, dx, dy), ink);
}

/** Letters as strokes in a box of 4 by 6. */
const LETTERS: Record<string, readonly (readonly [number, number, number, number])[]> = {
  A: [
    [0, 6, 2, 0],
    [2, 0, 4, 6],
    [1, 4, 3, 4],
  ],
  E: [
    [0, 0, 0, 6],
    [0, 0, 4, 0],
    [0, 3, 3, 3],
    [0, 6, 4, 6],
  ],
  K: [
    [0, 0, 0, 6],
    [4, 0, 0, 3],
    [0, 3, 4, 6],
  ],
  M: [
    [0, 6, 0, 0],
    [0, 0, 2, 3],
    [2, 3, 4, 0],
    [4, 0, 4, 6],
  ],
  O: [
    [1, 0, 3, 0],
    [3, 0, 4, 2],
    [4, 2, 4, 4],
    [4, 4, 3, 6],
    [3, 6, 1, 6],
    [1, 6, 0, 4],
    [0, 4, 0, 2],
    [0, 2, 1, 0],
  ],
  S: [
    [4, 1, 2, 0],
    [2, 0, 0, 1],
    [0, 1, 4, 5],
    [4, 5, 2, 6],
    [2, 6, 0, 5],
  ],
  T: [
    [0, 0, 4, 0],
    [2, 0, 2, 6],
  ],
  X: [
    [0, 0, 4, 6],
    [4, 0, 0, 6],
  ],
};

function randomWord(random: Random, { width, height }: Picture): Draw {
  const size = 0.8 + 2 * random();
  const [x, y] = [random() * width * 0.4, random() * height * 0.7];
  const thickness = 0.4 + random();
  const strokes = Array.from({ length: 2 + below(random, 6) }, (_, place) =>
    (LETTERS[pick(random, Object.keys(LETTERS))] ?? []).map(([x1, y1, x2, y2]) => {
      const left = x + place * 6 * size;
      return segment(left + x1 * size, y + y1 * size, left + x2 * size, y + y2 * size, thickness);
    }),
  ).flat();
  const word: Distance = (px, py) => Math.min(...strokes.map((stroke) => stroke(px, py)));
  return (picture, dx, dy, ink) => paint(picture, shifted(word, dx, dy), ink);
}

function segment(x1: number, y1: number, x2: number, y2: number, thickness: number): Distance {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const length = dx * dx + dy * dy || 1;
  return (x, y) => {
    const t = Math.max(0, Math.min(1, ((x - x1) * dx + (y - y1) * dy) / length));
    return Math.hypot(x - x1 - t * dx, y - y1 - t * dy) - thickness;
  };
}

function shifted(distance: Distance, dx: number, dy: number): Distance {
  return (x, y) => distance(x - dx, y - dy);
}

/** Anti-aliased: a pixel takes as much of the ink as about the shape covers it. */
function paint(picture: Picture, distance: Distance, ink: number): void {
  const { width, height, rgba } = picture;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const cover = Math.max(0, Math.min(1, 0.5 - distance(x, y)));
      if (cover === 0) continue;
      for (let channel = 0; channel < 3; channel++) {
        const at = 4 * (y * width + x) + channel;
        rgba[at] = Math.round((1 - cover) * (rgba[at] ?? 0) + cover * ((ink >>> (8 * channel)) & 255));
      }
    }
  }
}

/** Changes a rectangle of a picture. */
function disturb(random: Random, picture: Picture): void {
  const region = randomRegion(random, picture);
  const pixels = pixelsOf(picture);
  const how = below(random, 4);
  if (how === 0) {
    fill(pixels, picture.width, [region], colour(random));
    return;
  }
  eachPixel(picture, region, (at) => {
    const old = pixels[at] ?? 0;
    if (how === 1) pixels[at] = pixels[at + 1] ?? old;
    else if (how === 2) pixels[at] = (old ^ 0x080404) >>> 0;
    else if (random() < 0.2) pixels[at] = colour(random);
  });
}

function makeTranslucent(random: Random, picture: Picture): void {
  const { rgba } = picture;
  const level = below(random, 256);
  eachPixel(picture, randomRegion(random, picture), (at) => {
    rgba[4 * at + 3] = random() < 0.8 ? level : below(random, 256);
  });
}

export function randomRegion(random: Random, { width, height }: Picture): Region {
  const [x, y] = [below(random, width), below(random, height)];
  return { x, y, width: 1 + below(random, width - x), height: 1 + below(random, height - y) };
}

function eachPixel({ width }: Picture, region: Region, visit: (at: number) => void): void {
  for (let y = region.y; y < region.y + region.height; y++) {
    for (let x = region.x; x < region.x + region.width; x++) visit(y * width + x);
  }
}

/** A whole number from 0 to below `end`. */
function below(random: Random, end: number): number {
  return Math.floor(random() * end);
}

export function pick<T>(random: Random, from: readonly T[]): T {
  const chosen = from[below(random, from.length)];
  if (chosen === undefined) throw new RangeError('nothing to choose from');
  return chosen;
}

/** Opaque. */
function colour(random: Random): number {
  return (0xff000000 | below(random, 0x1000000)) >>> 0;
}
