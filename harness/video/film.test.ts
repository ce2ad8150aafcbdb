import { expect, onTestFinished, test } from 'vitest';
import type { ScreenContent } from '../../sdk/screen/content.js';
import { makeFrame } from '../../sdk/screen/frame.js';
import { textContent } from '../../sdk/screen/text-fixture.js';
import { Film, MOST_PICTURES } from './film.js';

function newFilm(): Film {
  const film = new Film();
  onTestFinished(() => film.drop());
  return film;
}

/** A screen of one colour. */
function plain(red: number, size = { width: 8, height: 4 }): ScreenContent {
  const rgba = new Uint8Array(4 * size.width * size.height).fill(255);
  for (let i = 0; i < rgba.length; i += 4) rgba[i] = red;
  return { kind: 'graphic', ...size, rgba, mode: 'test' };
}

test('what was seen comes back as it was, text and graphic', async () => {
  const film = newFilm();
  const glyphs = new Uint8Array(256 * 32).fill(0x55);
  const text = textContent(['hello'], { font: { width: 8, height: 4, glyphs, lineGraphics: false } });
  film.looked(makeFrame(text, 0));
  film.looked(makeFrame(plain(7), 480));
  const plan = film.plan(1_000);
  expect(plan).toMatchObject({ width: 640, height: 100, shots: [{ start: 0 }, { start: 480 }] });
  const [first, second] = plan?.shots ?? [];
  expect(await film.draw(first?.id ?? -1, { width: 640, height: 100 })).toEqual(makeFrame(text, 0).rgba);
  expect(await film.draw(second?.id ?? -1, { width: 8, height: 4 })).toEqual(makeFrame(plain(7), 0).rgba);
});

test('the same picture again is no other look, wherever its text cursor is', () => {
  const film = newFilm();
  const cursor = { column: 1, row: 1, visible: true };
  film.looked(makeFrame(textContent(['same']), 0));
  film.looked(makeFrame(textContent(['same'], { cursor }), 100));
  film.looked(makeFrame(plain(1), 200));
  film.looked(makeFrame(plain(1), 300));
  film.looked(makeFrame(plain(2), 400));
  expect(film.plan(500)?.shots.map(({ start }) => start)).toEqual([0, 200, 400]);
});

test('pictures that come faster than they can be kept are left out, but not the last one', async () => {
  const film = newFilm();
  for (let i = 0; i < 100; i++) film.looked(makeFrame(plain(i), 100 * i));
  const plan = film.plan(10_000);
  expect(plan?.shots.length).toBeLessThan(20);
  const last = await film.draw(plan?.shots.at(-1)?.id ?? -1, { width: 8, height: 4 });
  expect(last[0]).toBe(99);
});

test('a long run is thinned, and still goes from its beginning to its end', async () => {
  const film = newFilm();
  for (let i = 0; i < 2 * MOST_PICTURES; i++) {
    film.looked(makeFrame(plain(i % 251), 100 * i));
    if (i % 5 === 0) await film.draw(film.plan(0)?.shots.at(-1)?.id ?? -1, { width: 8, height: 4 });
  }
  const shots = film.plan(200 * MOST_PICTURES)?.shots ?? [];
  expect(shots.length).toBeGreaterThan(MOST_PICTURES / 2 - 10);
  expect(shots.length).toBeLessThan(MOST_PICTURES + 10);
  expect((await film.draw(shots[0]?.id ?? -1, { width: 8, height: 4 }))[0]).toBe(0);
  expect((await film.draw(shots.at(-1)?.id ?? -1, { width: 8, height: 4 }))[0]).toBe((2 * MOST_PICTURES - 1) % 251);
});

test('what was dropped is not there any more', async () => {
  const film = newFilm();
  film.looked(makeFrame(plain(1), 0));
  const id = film.plan(0)?.shots[0]?.id ?? -1;
  film.drop();
  await expect(film.draw(id, { width: 8, height: 4 })).rejects.toThrow('was not kept');
});
