import { expect, test } from 'vitest';
import { LAST_SHOWN_MS, LONGEST_STRETCH_MS, planVideo, REVERT_SHOWN_MS, type Look } from './plan.js';

const look = (id: number, at: number, size: Partial<Look> = {}): Look => ({ id, at, width: 720, height: 400, ...size });
const starts = (looks: Look[], end: number) => planVideo(looks, [], end)?.shots.map(({ id, start }) => [id, start]);

test('pictures come in guest time, and a stretch in which nothing changes lasts two seconds at most', () => {
  expect(LONGEST_STRETCH_MS).toBe(2_000);
  expect(starts([look(1, 5_000), look(2, 5_400), look(3, 605_400), look(4, 607_000)], 607_000)).toEqual([
    [1, 0],
    [2, 400],
    [3, 2_400],
    [4, 4_000],
  ]);
});

test('the last picture stays for a second, for as long as the guest went on, or for two seconds', () => {
  expect(planVideo([look(1, 0)], [], 0)?.duration).toBe(LAST_SHOWN_MS);
  expect(planVideo([look(1, 0)], [], 1_600)?.duration).toBe(1_600);
  expect(planVideo([look(1, 0)], [], 90_000)?.duration).toBe(LONGEST_STRETCH_MS);
  // A revert to before what was seen.
  expect(planVideo([look(1, 500)], [], 100)?.duration).toBe(LAST_SHOWN_MS);
});

test('a revert goes back in guest time, and the video goes on', () => {
  expect(starts([look(1, 0), look(2, 1_000), look(3, 200), look(4, 1_200)], 1_200)).toEqual([
    [1, 0],
    [2, 1_000],
    [3, 1_000 + REVERT_SHOWN_MS],
    [4, 2_000 + REVERT_SHOWN_MS],
  ]);
});

test('of pictures that come faster than can be seen, the last one of each tick is shown', () => {
  const looks = [look(1, 0), look(2, 5), look(3, 10), look(4, 15), look(5, 400)];
  expect(starts(looks, 400)).toEqual([
    [4, 0],
    [5, 400],
  ]);
});

test('the video is as large as the largest width and height, in whole pairs of pixels', () => {
  const looks = [look(1, 0), look(2, 1, { width: 641, height: 481 }), look(3, 2)];
  expect(planVideo(looks, [], 2)).toMatchObject({ width: 720, height: 482 });
});

test('a machine that was never looked at has no video', () => {
  expect(planVideo([], [{ title: 'Type "x"', at: 0, after: null }], 1_000)).toBeNull();
});

test('steps are chapters, one after the other, where they began', () => {
  const steps = [
    { title: 'before anything was seen', at: 10, after: null },
    { title: 'at once', at: 100, after: 1 },
    // In the middle of ten seconds of which two are left.
    { title: 'while nothing changes', at: 5_100, after: 1 },
    { title: 'with the second', at: 10_500, after: 2 },
    // The revert itself: seen last was what was there before it.
    { title: 'Revert', at: 11_100, after: 2 },
    { title: 'after the revert', at: 300, after: 3 },
  ];
  const plan = planVideo([look(1, 100), look(2, 10_100), look(3, 200)], steps, 1_200);
  const revert = 2_000 + REVERT_SHOWN_MS;
  expect(plan?.chapters).toEqual([
    { title: 'before anything was seen', start: 0, end: 0 },
    { title: 'at once', start: 0, end: 1_000 },
    { title: 'while nothing changes', start: 1_000, end: 2_000 },
    { title: 'with the second', start: 2_000, end: 2_000 },
    { title: 'Revert', start: 2_000, end: revert + 100 },
    { title: 'after the revert', start: revert + 100, end: revert + 1_000 },
  ]);
  expect(plan?.duration).toBe(revert + LAST_SHOWN_MS);
});

test('a step keeps its place when the picture before it was thinned out', () => {
  const steps = [{ title: 'a step', at: 700, after: 2 }];
  expect(planVideo([look(1, 0), look(3, 1_000)], steps, 1_000)?.chapters[0]?.start).toBe(700);
});
