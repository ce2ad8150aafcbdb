import { expect, test } from 'vitest';
import { goldenFrame } from '../../sdk/screen/golden-frame.js';
import { textFrame } from '../../sdk/screen/text-fixture.js';
import { textScreenOf, type TextScreen } from '../../sdk/screen/text-diff.js';
import type { Compared } from './candidates.js';
import { compareWithGolden, type GoldenComparison } from './compare.js';
import { goldenPaths } from './paths.js';
import type { Golden } from './store.js';
import { wordComparison, wordShort, wordText } from './word-comparison.js';
import { wordGolden } from './word.js';

const plain = goldenPaths({ root: 'r', guest: 'g', scenario: 's.spec.ts', name: 'menu' });
const grey = { width: 4, height: 2, rgba: new Uint8Array(32).fill(200) };

function compared(name: string, comparison: GoldenComparison): Compared {
  const paths = { ...plain, name, png: plain.png.replace('menu.png', `${name}.png`) };
  const golden: Golden = { ...grey, paths, bytes: new Uint8Array(0), text: null, frame: goldenFrame(grey, null) };
  return { golden, comparison, masks: [] };
}

function differs(pixels: number, more: object = {}): GoldenComparison {
  const boxes = [{ x: 3, y: 4, width: 5, height: 6 }];
  return { kind: 'differs', pixels, ratio: pixels / 1000, boxes, allowed: 2, text: null, modes: null, ...more };
}

const size: GoldenComparison = {
  kind: 'size',
  expected: { width: 720, height: 400 },
  actual: { width: 800, height: 600 },
  modes: null,
};

const subject = {
  machine: 'tiny',
  file: plain.png,
  test: 'a.spec.ts:1',
  project: 'p',
  waited: 'within 1 s',
  width: 60,
};

function words(ranked: Compared[]) {
  const pictures = { actual: 'out/menu-actual.png', diff: 'out/menu-diff.png' };
  const result = wordGolden({ kind: 'refused', why: 'differs' }, ranked, subject, pictures);
  if (result === null) throw new Error('a difference has words');
  return result;
}

test('a difference has its count, share and places, and its pictures', () => {
  const { summary, failure, details } = words([compared('menu', differs(12))]);
  expect(summary).toBe('The screen of tiny does not match the golden r/golden-screens/g/s/menu.png');
  expect(failure.seen).toBe('12 pixels differ (1.20 % of all; allowed: 2)\nat x 3, y 4: 5x6 pixels');
  expect(details).toBe(
    'Pictures (golden, screen, difference):\n  r/golden-screens/g/s/menu.png\n  out/menu-actual.png\n  out/menu-diff.png',
  );
});

test('of several goldens the nearest is explained and the others are ranked', () => {
  const others = ['a', 'b', 'c', 'd', 'e', 'f'].map((name, i) => compared(`menu@${name}`, differs(100 + i)));
  const { summary, failure } = words([compared('menu@x', differs(1)), ...others, compared('menu', size)]);
  expect(summary).toBe('The screen of tiny matches none of the 8 goldens of r/golden-screens/g/s/menu.png');
  const seen = failure.seen?.split('\n') ?? [];
  expect(seen.slice(0, 2)).toEqual(['the nearest is menu@x.png', '1 pixel differs (0.10 % of all; allowed: 2)']);
  expect(seen.slice(3, 5)).toEqual([
    'further off: menu@a.png, 100 pixels differ (10.00 % of all)',
    'further off: menu@b.png, 101 pixels differ (10.10 % of all)',
  ]);
  expect(seen.at(-1)).toBe('and 2 more goldens');
  expect(failure.next).toContain("take the nearest one's place: npx guestwright run a.spec.ts:1 --project p -u");
});

test('another size is explained by the kinds of screens', () => {
  expect(wordComparison(size)).toContain('the guest is in another video mode, or the clip has changed');
  const modes = {
    golden: { kind: 'text', columns: 80, rows: 25 },
    screen: { kind: 'graphic', mode: '800x600, 32 bpp' },
  } as const;
  expect(wordComparison({ ...size, modes })).toBe(
    [
      'the screen is 800x600 pixels, the golden 720x400',
      'the golden is of a text screen of 80x25 characters,',
      'the screen is a graphic one (800x600, 32 bpp)',
    ].join('\n'),
  );
  expect(wordShort(size)).toBe('720x400 pixels');
});

function textOf(lines: string[]): TextScreen {
  const { grid } = textFrame(lines);
  if (grid === null) throw new Error('a text screen has a grid');
  return textScreenOf(grid);
}

test('changed rows are shown as a difference, no line wider than the terminal', () => {
  const old = 'a line that is longer than sixty columns, so that it has to be cut: OLD';
  const text = { expected: textOf([old]), actual: textOf([old.replace('OLD', 'NEW')]), differs: true };
  const shown = wordText(differs(9, { text }), 60);
  expect(shown).toMatch(/^- +0 \| ….*OLD$/m);
  expect(shown).toMatch(/^\+ +0 \| ….*NEW$/m);
  expect(shown).toMatch(/^ +\| +\^\^\^$/m);
  expect(Math.max(...shown.split('\n').map((line) => line.length))).toBeLessThanOrEqual(60);
});

test('equal characters leave another font or palette', () => {
  const screen = textOf(['x']);
  expect(wordText(differs(9, { text: { expected: screen, actual: screen, differs: false } }), 60)).toContain(
    'another font or palette',
  );
});

test('a golden of a text screen and a graphic screen of its size are told apart', () => {
  const frame = textFrame(['x']);
  const screen = textOf(['x']);
  const golden: Golden = {
    ...{ width: frame.width, height: frame.height, rgba: frame.rgba },
    paths: plain,
    bytes: new Uint8Array(0),
    text: { file: '', screen },
    frame: goldenFrame(frame, screen),
  };
  const white = {
    ...frame,
    width: frame.width,
    height: frame.height,
    rgba: new Uint8Array(frame.rgba.length).fill(255),
  };
  const result = compareWithGolden(golden, goldenFrame(white, null), { masks: [], tolerance: {} });
  expect(wordComparison(result)).toContain(
    'the golden is of a text screen of 80x25 characters,\nthe screen is a graphic one',
  );
});
