import { expect, test } from 'vitest';
import { textFrame } from '../../sdk/screen/text-fixture.js';
import { goldenFrame } from '../../sdk/screen/golden-frame.js';
import type { Picture } from '../../sdk/screen/picture.js';
import { textScreenOf } from '../../sdk/screen/text-diff.js';
import { goldenToWrite, matchesAny, rankGoldens, type Candidate } from './candidates.js';
import { goldenPaths } from './paths.js';
import type { Golden } from './store.js';

const plain = goldenPaths({ root: 'r', guest: 'g', scenario: 's.spec.ts', name: 'menu' });

function golden(name: string, { width, height, rgba }: Picture): Golden {
  const picture = { width, height, rgba };
  const paths = { ...plain, name, png: plain.png.replace('menu', name) };
  return { ...picture, paths, bytes: new Uint8Array(0), text: null, frame: goldenFrame(picture, null) };
}

/** Grey, with so many white pixels from the first one on. */
function picture(white: number, width = 20, height = 10): Picture {
  const rgba = new Uint8Array(4 * width * height).fill(128);
  for (let i = 0; i < width * height; i++) rgba[4 * i + 3] = 255;
  return { width, height, rgba: rgba.fill(255, 0, 4 * white) };
}

const screen = goldenFrame(picture(0), null);
const candidate = (name: string, white: number, width = 20): Candidate => ({
  golden: golden(name, picture(white, width)),
  masks: [],
});
const subject = { part: screen, masks: [] };
const exactly = { threshold: 0 };
const names = (candidates: Candidate[]) =>
  rankGoldens(candidates, subject, exactly).map((compared) => compared.golden.paths.name);

test('any golden that matches will do', () => {
  expect(matchesAny([candidate('menu', 40), candidate('menu@a', 0)], subject, exactly)).toBe(true);
  expect(matchesAny([candidate('menu', 40), candidate('menu@a', 60)], subject, exactly)).toBe(false);
  expect(matchesAny([], subject, exactly)).toBe(false);
});

test('the nearest comes first, other sizes last, and equally near ones as they were', () => {
  const candidates = [
    candidate('menu', 80),
    candidate('menu@a', 0, 30),
    candidate('menu@b', 40),
    candidate('menu@c', 40),
  ];
  expect(names(candidates)).toEqual(['menu@b', 'menu@c', 'menu', 'menu@a']);
  expect(names([...candidates, candidate('menu@d', 0)])[0]).toBe('menu@d');
});

test('an update rewrites the nearest; the first golden is the plain one', () => {
  const ranked = rankGoldens([candidate('menu', 80), candidate('menu@b', 40)], subject, exactly);
  expect(goldenToWrite(plain, ranked).name).toBe('menu@b');
  expect(goldenToWrite(plain, [])).toBe(plain);
});

test("a golden's own masks count for it alone", () => {
  const masks = [{ x: 0, y: 0, width: 20, height: 2 }];
  const masked = { ...candidate('menu', 40), masks };
  expect(matchesAny([masked], subject, exactly)).toBe(true);
  expect(
    rankGoldens([candidate('menu@a', 40), masked], subject, exactly).map(({ comparison }) => comparison.kind),
  ).toEqual(['same', 'differs']);
});

test('a text golden does not match other characters, whatever the pixels, unless a tolerance is given', () => {
  // Of an empty font: every picture is the same.
  const text = (words: string): Candidate => {
    const frame = textFrame([words]);
    if (frame.grid === null) throw new Error('a text screen has a grid');
    return {
      golden: { ...golden('menu', frame), text: { file: '', screen: textScreenOf(frame.grid) } },
      masks: [],
    };
  };
  const ready = { part: textFrame(['READY']), masks: [] };
  expect(matchesAny([text('READY')], ready, {})).toBe(true);
  expect(matchesAny([text('REEDY')], ready, {})).toBe(false);
  expect(matchesAny([text('REEDY')], ready, { maxDiffPixels: 5 })).toBe(true);
  expect(rankGoldens([text('REEDY')], ready, {})[0]?.comparison).toMatchObject({ kind: 'differs', pixels: 0 });
});
