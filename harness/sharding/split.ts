/** Decides which shard runs what: longest first, each to the shard that would then have least to do. Pure. */

/** Tests that stay together. */
export interface Unit {
  /** The same in every shard's process: what two units are told apart and ordered by. */
  id: string;
  /** How long it takes, in any measure that all units share. */
  load: number;
  /** Names of what has to run before it, once in each shard that needs it. */
  needs: readonly string[];
}

export interface Shard<T extends Unit> {
  units: T[];
  /** Of its units and of what they need. */
  load: number;
}

/** To run a setup once more, in another shard, has to shorten the longest shard to this share of what it was. */
const WORTH_REPEATING = 0.9;

/** Units that go to one shard. */
interface Item<T extends Unit> {
  units: T[];
  id: string;
  load: number;
  needs: readonly string[];
}

/**
 * Every unit is in exactly one of `count` shards, and the answer does not depend on the order of `units`. Without needs
 * the longest shard takes at most a third longer than in the best split there is (Graham's bound for "longest first").
 * What needs the same setups stays together, unless another shard gains by running them too.
 *
 * @param setups load of each name in `needs`; one that is not there costs nothing
 */
export function splitLongestFirst<T extends Unit>(
  units: readonly T[],
  setups: ReadonlyMap<string, number>,
  count: number,
): Shard<T>[] {
  const groups = groupByNeeds(units);
  const free = (groups.get('') ?? []).map((unit) => itemOf([unit]));
  const bound = [...groups].filter(([needs]) => needs !== '').map(([, group]) => itemOf(group));
  let items = [...free, ...bound];
  let split = distribute(items, setups, count);
  for (const group of inOrder(bound, setups)) {
    const spread = items.flatMap((item) => (item === group ? group.units.map((unit) => itemOf([unit])) : [item]));
    const trial = distribute(spread, setups, count);
    if (longest(trial) > WORTH_REPEATING * longest(split)) continue;
    items = spread;
    split = trial;
  }
  return split;
}

function groupByNeeds<T extends Unit>(units: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const unit of units) {
    const key = unit.needs.join('\n');
    groups.set(key, [...(groups.get(key) ?? []), unit]);
  }
  return groups;
}

function itemOf<T extends Unit>(units: readonly T[]): Item<T> {
  const ordered = [...units].sort((a, b) => compare(a.id, b.id));
  const load = sum(ordered.map((unit) => unit.load));
  return { units: ordered, id: ordered[0]?.id ?? '', load, needs: ordered[0]?.needs ?? [] };
}

/** Longest first. One that brings a long setup is long, although it is quick where that has been done. */
function inOrder<T extends Unit>(items: readonly Item<T>[], setups: ReadonlyMap<string, number>): Item<T>[] {
  const weight = (item: Item<T>): number => item.load + cost(item.needs, setups);
  return [...items].sort((a, b) => weight(b) - weight(a) || b.load - a.load || compare(a.id, b.id));
}

/** Each to the shard that would then have least to do, the first of several. */
function distribute<T extends Unit>(
  items: readonly Item<T>[],
  setups: ReadonlyMap<string, number>,
  count: number,
): Shard<T>[] {
  const shards = Array.from({ length: count }, () => ({ units: [] as T[], load: 0, done: new Set<string>() }));
  for (const item of inOrder(items, setups)) {
    const after = shards.map(
      ({ load, done }) =>
        load +
        item.load +
        cost(
          item.needs.filter((name) => !done.has(name)),
          setups,
        ),
    );
    const least = Math.min(...after);
    const shard = shards[after.indexOf(least)];
    if (shard === undefined) break;
    shard.units.push(...item.units);
    shard.load = least;
    for (const name of item.needs) shard.done.add(name);
  }
  return shards.map((shard) => ({ units: shard.units, load: shard.load }));
}

function cost(names: readonly string[], setups: ReadonlyMap<string, number>): number {
  return sum(names.map((name) => setups.get(name) ?? 0));
}

function longest(shards: readonly { load: number }[]): number {
  return Math.max(...shards.map(({ load }) => load));
}

/** By code units: a locale's order differs between hosts. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
