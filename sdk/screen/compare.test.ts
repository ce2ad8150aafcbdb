import pixelmatch from 'pixelmatch';
import { expect, test } from 'vitest';
import { compareFrames, defaultTolerance, drawDiff, type CompareOptions, type Picture } from './compare.js';
import type { Region } from './content.js';
import { crop, fill, pixelsOf } from './picture.js';

/** Numbers from 0 to 1, the same in every run. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function picture(width: number, height: number, colour = 0xff000000): Picture {
  return { width, height, rgba: new Uint8Array(new Uint32Array(width * height).fill(colour).buffer) };
}

function changed(base: Picture, regions: Region[], colour = 0xffffffff): Picture {
  const copy = { ...base, rgba: base.rgba.slice() };
  fill(pixelsOf(copy), copy.width, regions, colour);
  return copy;
}

/** Rectangles, slanted anti-aliased lines and noise: what makes pixelmatch look at neighbours. */
function scene(random: () => number, width: number, height: number): Picture {
  const result = picture(width, height, 0xff202020);
  const pixels = pixelsOf(result);
  const grey = (v: number) => (0xff000000 | (v * 0x10101)) >>> 0;
  for (let i = 0; i < 6; i++) {
    const region = { x: random() * width, y: random() * height, width: random() * 40, height: random() * 30 };
    fill(pixels, width, [region], grey(Math.floor(random() * 256)));
  }
  for (let line = 0; line < 4; line++) {
    const slope = random() - 0.5;
    const start = random() * height;
    for (let x = 0; x < width; x++) {
      const y = start + slope * x;
      const row = Math.floor(y);
      if (row < 0 || row + 1 >= height) continue;
      pixels[row * width + x] = grey(Math.floor(255 * (1 - y + row)));
      pixels[(row + 1) * width + x] = grey(Math.floor(255 * (y - row)));
    }
  }
  return result;
}

/** The scene with a few places redrawn: moved by a pixel, brightened a little, or noisy. */
function variant(random: () => number, base: Picture): Picture {
  const copy = { ...base, rgba: base.rgba.slice() };
  const pixels = pixelsOf(copy);
  const places = Math.floor(random() * 4) + 1;
  for (let i = 0; i < places; i++) {
    const left = Math.floor(random() * (base.width - 1));
    const top = Math.floor(random() * (base.height - 1));
    const right = Math.min(base.width - 1, left + Math.floor(random() * 40));
    const bottom = Math.min(base.height, top + Math.floor(random() * 20) + 1);
    const how = Math.floor(random() * 3);
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        const at = y * base.width + x;
        const old = pixels[at] ?? 0;
        if (how === 0) pixels[at] = pixels[at + 1] ?? 0;
        else if (how === 1) pixels[at] = (old ^ 0x080404) >>> 0;
        else if (random() < 0.2) pixels[at] = (0xff000000 | (random() * 0xffffff)) >>> 0;
      }
    }
  }
  return copy;
}

function countOf(result: ReturnType<typeof compareFrames>): number {
  return result.outcome === 'different' || result.outcome === 'within-tolerance' ? result.pixels : 0;
}

const settings: CompareOptions[] = [0, 0.05, 0.1, 0.2].flatMap((threshold) =>
  [true, false].map((includeAA) => ({ threshold, includeAA })),
);

test.each(settings)('the count with %j is that of pixelmatch on the whole pictures', (options) => {
  const random = randomNumbers(42);
  let differing = 0;
  for (let trial = 0; trial < 40; trial++) {
    const width = 60 + Math.floor(random() * 100);
    const height = 40 + Math.floor(random() * 80);
    const a = scene(random, width, height);
    const b = variant(random, a);
    const whole = pixelmatch(a.rgba, b.rgba, undefined, width, height, options);
    expect(countOf(compareFrames(a, b, options)), `trial ${trial}`).toBe(whole);
    if (whole > 0) differing++;
  }
  expect(differing).toBeGreaterThan(20);
});

test('with a clip and masks the count is that of pixelmatch on the cut and painted pictures', () => {
  const random = randomNumbers(7);
  for (let trial = 0; trial < 40; trial++) {
    const a = scene(random, 120, 90);
    const b = variant(random, a);
    const clip = { x: 10, y: 20, width: 90, height: 60 };
    const masks = [{ x: 0, y: 30, width: 50, height: 25 }];
    const cut = (whole: Picture) => {
      const part = crop(whole, clip);
      fill(pixelsOf(part), 90, [{ x: -10, y: 10, width: 50, height: 25 }], 0xffff00ff);
      return part.rgba;
    };
    const whole = pixelmatch(cut(a), cut(b), undefined, 90, 60, { threshold: 0.2 });
    expect(countOf(compareFrames(a, b, { clip, masks })), `trial ${trial}`).toBe(whole);
  }
});

test('the same picture is identical, also when its bytes are not aligned', () => {
  const a = picture(8, 8);
  const shifted = { ...a, rgba: new Uint8Array(257).subarray(1) };
  shifted.rgba.set(a.rgba);
  expect(compareFrames(a, shifted)).toEqual({ outcome: 'identical' });
});

test('pictures of different sizes are told apart by their sizes', () => {
  expect(compareFrames(picture(720, 400), picture(640, 480))).toEqual({
    outcome: 'size-mismatch',
    expected: { width: 720, height: 400 },
    actual: { width: 640, height: 480 },
  });
});

test('a difference has its pixels, ratio and place', () => {
  const a = picture(100, 50);
  expect(compareFrames(a, changed(a, [{ x: 30, y: 20, width: 5, height: 4 }]))).toEqual({
    outcome: 'different',
    pixels: 20,
    ratio: 20 / 5000,
    boxes: [{ x: 30, y: 20, width: 5, height: 4 }],
    allowed: 0,
  });
});

test('a text screen is compared exactly: one barely different pixel counts', () => {
  const a = picture(20, 20);
  const b = changed(a, [{ x: 3, y: 3, width: 1, height: 1 }], 0xff000001);
  expect(compareFrames(a, b, defaultTolerance('text'))).toMatchObject({ outcome: 'different', pixels: 1 });
  expect(compareFrames(a, b, defaultTolerance('graphic'))).toEqual({
    outcome: 'within-tolerance',
    pixels: 0,
    ratio: 0,
  });
});

test.each([
  [{ maxDiffPixels: 20 }, 'within-tolerance'],
  [{ maxDiffPixels: 19 }, 'different'],
  [{ maxDiffPixelRatio: 0.004 }, 'within-tolerance'],
  [{ maxDiffPixelRatio: 0.0039 }, 'different'],
  [{ maxDiffPixels: 0, maxDiffPixelRatio: 1 }, 'different'],
  [{ maxDiffPixels: 5000, maxDiffPixelRatio: 0 }, 'different'],
])('20 of 5000 pixels with %j are %s', (options, outcome) => {
  const a = picture(100, 50);
  const b = changed(a, [{ x: 30, y: 20, width: 5, height: 4 }]);
  expect(compareFrames(a, b, options).outcome).toBe(outcome);
});

test('what is masked does not count', () => {
  const a = picture(100, 50);
  const b = changed(a, [{ x: 30, y: 20, width: 5, height: 4 }]);
  const masks = [{ x: 29.5, y: 19.5, width: 6, height: 5 }];
  expect(compareFrames(a, b, { masks })).toEqual({ outcome: 'identical' });
});

test('only what is inside the clip counts, and boxes are in pixels of the whole picture', () => {
  const a = picture(100, 50);
  const b = changed(a, [
    { x: 0, y: 0, width: 5, height: 5 },
    { x: 60, y: 40, width: 2, height: 2 },
  ]);
  const result = compareFrames(a, b, { clip: { x: 50, y: 30, width: 100, height: 100 } });
  expect(result).toMatchObject({ outcome: 'different', pixels: 4, boxes: [{ x: 60, y: 40, width: 2, height: 2 }] });
  expect(result).toMatchObject({ ratio: 4 / (50 * 20) });
});

test('a clip outside the picture is wrong use', () => {
  const a = picture(10, 10);
  expect(() => compareFrames(a, a, { clip: { x: 10, y: 0, width: 5, height: 5 } })).toThrow(
    /clip is outside[^]*inside 10x10/,
  );
});

test('differences far apart are boxes of their own, near ones are one', () => {
  const a = picture(300, 200);
  const b = changed(a, [
    { x: 200, y: 150, width: 3, height: 3 },
    { x: 10, y: 10, width: 5, height: 5 },
    { x: 20, y: 12, width: 5, height: 5 },
  ]);
  expect(compareFrames(a, b)).toMatchObject({
    boxes: [
      { x: 10, y: 10, width: 15, height: 7 },
      { x: 200, y: 150, width: 3, height: 3 },
    ],
  });
});

test('there are never more than 10 boxes, and every differing pixel is in one', () => {
  const a = picture(1024, 768);
  const random = randomNumbers(3);
  const dots = Array.from({ length: 400 }, () => ({
    x: Math.floor(random() * 1024),
    y: Math.floor(random() * 768),
    width: 1,
    height: 1,
  }));
  const result = compareFrames(a, changed(a, dots), { includeAA: true });
  if (result.outcome !== 'different') throw new Error(result.outcome);
  expect(result.boxes.length).toBeLessThanOrEqual(10);
  const outside = dots.filter(
    (dot) =>
      !result.boxes.some(
        (box) => dot.x >= box.x && dot.y >= box.y && dot.x < box.x + box.width && dot.y < box.y + box.height,
      ),
  );
  expect(outside).toEqual([]);
});

function at({ rgba, width }: Picture, x: number, y: number): number[] {
  return [...rgba.subarray(4 * (y * width + x), 4 * (y * width + x) + 4)];
}

test('the difference picture has differences red, masks magenta, the rest faded', () => {
  const a = picture(60, 40);
  const b = changed(a, [{ x: 10, y: 10, width: 6, height: 6 }]);
  const diff = drawDiff(a, b, { masks: [{ x: 40, y: 0, width: 20, height: 40 }] });
  expect([diff.width, diff.height]).toEqual([60, 40]);
  expect(at(diff, 12, 12)).toEqual([255, 0, 0, 255]);
  const [red = 0, green = 0, blue = 0] = at(diff, 50, 5);
  expect(red).toBeGreaterThan(green + 50);
  expect(blue).toBeGreaterThan(green + 50);
  const rest = at(diff, 0, 0);
  expect(rest[0]).toBeGreaterThan(200);
});

test('the difference picture of two sizes has the larger of both, and shows what only one has', () => {
  const diff = drawDiff(picture(10, 20), picture(20, 10));
  expect([diff.width, diff.height]).toEqual([20, 20]);
  expect(at(diff, 15, 5)).toEqual([255, 0, 0, 255]);
  expect(at(diff, 5, 5)).not.toEqual([255, 0, 0, 255]);
});

test('the difference picture of a clip is a whole picture, with no difference outside', () => {
  const a = picture(60, 40);
  const b = changed(a, [{ x: 0, y: 0, width: 60, height: 40 }]);
  const diff = drawDiff(a, b, { clip: { x: 20, y: 10, width: 10, height: 10 } });
  expect([diff.width, diff.height]).toEqual([60, 40]);
  expect(at(diff, 25, 15)).toEqual([255, 0, 0, 255]);
  expect(at(diff, 5, 5)).not.toEqual([255, 0, 0, 255]);
});

test('comparing and drawing change neither picture', () => {
  const random = randomNumbers(9);
  const a = scene(random, 50, 50);
  const b = variant(random, a);
  const before = [a.rgba.slice(), b.rgba.slice()];
  const options = { masks: [{ x: 0, y: 0, width: 9, height: 9 }], clip: { x: 0, y: 0, width: 30, height: 30 } };
  compareFrames(a, b, options);
  drawDiff(a, b, options);
  expect([Buffer.compare(a.rgba, before[0] ?? a.rgba), Buffer.compare(b.rgba, before[1] ?? b.rgba)]).toEqual([0, 0]);
});
