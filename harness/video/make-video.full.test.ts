/** A film through the real ffmpeg, and read back. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { ScreenContent } from '../../sdk/screen/content.js';
import { makeFrame } from '../../sdk/screen/frame.js';
import { crop } from '../../sdk/screen/picture.js';
import { textContent } from '../../sdk/screen/text-fixture.js';
import { Film } from './film.js';
import { findFfmpeg } from './find-ffmpeg.js';
import { makeVideo, type VideoToMake } from './make-video.js';
import { differenceOf, picturesOf, readWebm } from './webm.test.helper.js';

const FFMPEG = await findFfmpeg();

const glyphs = new Uint8Array(256 * 32).map((_, index) => (index >= 33 * 32 && index % 3 !== 0 ? 0x5a : 0));
const TEXT = textContent(
  Array.from({ length: 25 }, (_, row) => `line ${row} of a console with quite some text in it`),
  { font: { width: 9, height: 16, glyphs, lineGraphics: true } },
);

/** Bars of strong colours. */
function bars(width: number, height: number): ScreenContent {
  const colours = [0xff0000ff, 0xff00ff00, 0xffff0000, 0xff00ffff, 0xffffffff, 0xff804020];
  const pixels = Uint32Array.from({ length: width * height }, (_, pixel) => {
    const bar = Math.floor(((pixel % width) * colours.length) / width);
    return colours[bar] ?? 0;
  });
  return { kind: 'graphic', width, height, rgba: new Uint8Array(pixels.buffer), mode: 'test' };
}

async function made(film: Film, end: number, more: Partial<VideoToMake> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'guestwright-test-'));
  onTestFinished(async () => {
    film.drop();
    await rm(folder, { recursive: true, force: true });
  });
  const plan = film.plan(end);
  if (plan === null) throw new Error('nothing was seen');
  const path = join(folder, 'videos', 'video.webm');
  const common = { film, plan, title: 'boots; = fine', size: null, ffmpeg: FFMPEG ?? '', path, timeout: 60_000 };
  const encoded = await makeVideo({ ...common, ...more });
  return { encoded, path, folder };
}

function filmOf(...looks: [at: number, content: ScreenContent][]): Film {
  const film = new Film();
  for (const [at, content] of looks) film.looked(makeFrame(content, at));
  return film;
}

test.skipIf(FFMPEG === null)(
  'screens of several sizes are one video, their colours and characters as they were',
  async () => {
    const film = filmOf([0, TEXT], [1_000, bars(640, 480)]);
    film.step('Type "a=b; #c"', 1_500);
    film.looked(makeFrame(bars(1024, 768), 60_000));
    const { encoded, path } = await made(film, 60_400);
    expect(encoded).toEqual({ kind: 'made' });
    const video = await readWebm(path);
    expect(video).toMatchObject({ codec: 'vp9', width: 1024, height: 768, title: 'boots; = fine' });
    expect(video.duration).toBeCloseTo(4, 1);
    expect(video.chapters).toEqual([{ title: 'Type "a=b; #c"', start: 1.017, end: 4 }]);
    const pictures = await picturesOf(path);
    // Each once, however long it is shown, and the last one at the end again.
    expect(pictures).toHaveLength(4);
    const [text, smaller, larger] = pictures;
    if (text === undefined || smaller === undefined || larger === undefined) throw new Error('a picture is missing');
    const middle = { x: 152, y: 184, width: 720, height: 400 };
    expect(differenceOf(crop(text, middle), makeFrame(TEXT, 0))).toBeLessThan(3);
    expect(
      differenceOf(crop(smaller, { x: 192, y: 144, width: 640, height: 480 }), makeFrame(bars(640, 480), 0)),
    ).toBeLessThan(4);
    const black = { width: 1024, height: 100, rgba: makeFrame({ kind: 'blank', width: 1024, height: 100 }, 0).rgba };
    expect(differenceOf(crop(smaller, { x: 0, y: 0, width: 1024, height: 100 }), black)).toBeLessThan(1);
    expect(differenceOf(larger, makeFrame(bars(1024, 768), 0))).toBeLessThan(4);
  },
);

test.skipIf(FFMPEG === null)('a size that is asked for is that of the video', async () => {
  const film = filmOf([0, bars(320, 200)], [500, bars(1024, 768)]);
  const { encoded, path } = await made(film, 500, { size: { width: 641, height: 480 } });
  expect(encoded).toEqual({ kind: 'made' });
  expect(await readWebm(path)).toMatchObject({ width: 640, height: 480 });
  const [first] = await picturesOf(path);
  // The smaller screen was in the middle of the larger one, and still is.
  expect(first?.rgba.slice(0, 3).every((part) => part < 8)).toBe(true);
});

test.skipIf(FFMPEG === null)('a video that takes too long is given up, and nothing of it is left', async () => {
  const film = filmOf([0, bars(1024, 768)], [500, TEXT]);
  const { encoded, folder } = await made(film, 500, { timeout: 10 });
  expect(encoded).toEqual({ kind: 'failed', reason: expect.stringContaining('was not made within') as string });
  expect(await readdir(folder)).toEqual([]);
});

test('what the encoder says is said, and that a picture is gone, too', async () => {
  const film = filmOf([0, TEXT]);
  const { encoded: none } = await made(film, 0, { ffmpeg: join(tmpdir(), 'no-such-program') });
  expect(none).toEqual({ kind: 'failed', reason: expect.stringContaining('ENOENT') as string });
  const folder = await mkdtemp(join(tmpdir(), 'guestwright-test-'));
  onTestFinished(async () => await rm(folder, { recursive: true, force: true }));
  const broken = join(folder, 'ffmpeg');
  await writeFile(broken, '#!/bin/sh\necho "Unknown encoder" >&2\nexit 1\n', { mode: 0o755 });
  const { encoded } = await made(filmOf([0, TEXT]), 0, { ffmpeg: broken });
  expect(encoded).toEqual({ kind: 'failed', reason: 'ffmpeg: Unknown encoder' });
});
