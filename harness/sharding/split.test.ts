import { expect, test } from 'vitest';
import { splitLongestFirst, type Unit } from './split.js';

const NONE = new Map<string, number>();

const unit = (id: string, load: number, ...needs: string[]): Unit => ({ id, load, needs });

/** Numbers that look random and are the same in every run. */
function pseudoRandom(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

const ids = (shards: { units: Unit[] }[]) => shards.map(({ units }) => units.map(({ id }) => id));

/** The longest shard of the best split there is, by trying all. */
function best(loads: readonly number[], count: number): number {
  let least = Infinity;
  const shards = new Array<number>(count).fill(0);
  const place = (index: number): void => {
    const load = loads[index];
    if (load === undefined) {
      least = Math.min(least, Math.max(...shards));
      return;
    }
    for (let i = 0; i < count; i++) {
      shards[i] = (shards[i] ?? 0) + load;
      place(index + 1);
      shards[i] = (shards[i] ?? 0) - load;
    }
  };
  place(0);
  return least;
}

test('an install of 40 minutes has a shard of its own, the menus share the other', () => {
  const menus = Array.from({ length: 12 }, (_, index) => unit(`menu ${index}`, 5));
  const [install, rest] = splitLongestFirst([...menus, unit('install', 2400)], NONE, 2);
  expect(install).toMatchObject({ units: [{ id: 'install' }], load: 2400 });
  expect(rest).toMatchObject({ load: 60 });
  expect(rest?.units).toHaveLength(12);
});

test('every shard computes the same split, in whatever order it was given the tests', () => {
  const random = pseudoRandom(1);
  // With equal loads among them: there the order would show.
  const units = Array.from({ length: 40 }, (_, index) => unit(`t${index}`, Math.floor(random() * 8)));
  const split = ids(splitLongestFirst(units, NONE, 3));
  for (let i = 0; i < 50; i++) expect(ids(splitLongestFirst(shuffled(units, random), NONE, 3))).toEqual(split);
});

test.each([1, 2, 3, 7, 60])('in %i shards nothing is lost and nothing is there twice', (count) => {
  const random = pseudoRandom(count);
  const units = Array.from({ length: 50 }, (_, index) =>
    unit(`t${index}`, random() * 100, ...(index % 5 === 0 ? ['install'] : [])),
  );
  const shards = splitLongestFirst(units, new Map([['install', 500]]), count);
  expect(shards).toHaveLength(count);
  const all = ids(shards).flat();
  expect(all.sort()).toEqual(units.map(({ id }) => id).sort());
});

test('the longest shard is within a third of the best there is', () => {
  const random = pseudoRandom(7);
  for (let round = 0; round < 60; round++) {
    const count = 2 + (round % 2);
    const loads = Array.from({ length: 9 }, () => Math.ceil(random() * 100));
    const units = loads.map((load, index) => unit(`t${index}`, load));
    const longest = Math.max(...splitLongestFirst(units, NONE, count).map(({ load }) => load));
    expect(longest).toBeLessThanOrEqual((4 / 3 - 1 / (3 * count)) * best(loads, count));
  }
});

test('what needs an installation stays where it is made, unless a second one pays', () => {
  const setups = new Map([['install', 40]]);
  const short = Array.from({ length: 4 }, (_, index) => unit(`installed ${index}`, 1, 'install'));
  const [first, second] = splitLongestFirst([...short, unit('menu', 5)], setups, 2);
  expect(first?.units.map(({ id }) => id).sort()).toEqual(short.map(({ id }) => id));
  expect([first?.load, second?.load]).toEqual([44, 5]);
  const long = Array.from({ length: 10 }, (_, index) => unit(`installed ${index}`, 10, 'install'));
  expect(splitLongestFirst(long, setups, 2).map(({ load }) => load)).toEqual([90, 90]);
});

test('a shard for which nothing is left is empty', () => {
  expect(ids(splitLongestFirst([unit('a', 1)], NONE, 2))).toEqual([['a'], []]);
});
