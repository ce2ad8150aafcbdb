/** Decides what one shard of a run has: which tests stay together, how long they take, and which are this shard's. */
import { createHash } from 'node:crypto';
import type { FullProject, Suite, TestCase } from '@playwright/test/reporter';
import type { Durations } from './durations.js';
import { compare, splitLongestFirst, type Unit } from './split.js';

export type Mode = 'serial' | 'parallel' | 'default';

export interface Plan {
  /** 1 to `total`. */
  current: number;
  total: number;
  /** Tests of other shards. */
  excluded: TestCase[];
  tests: { here: number; all: number };
  /** Seconds, projects that others depend on included; null when no duration is known. */
  seconds: { here: number; all: number } | null;
  /** Tests without a known duration, and the seconds that each of them counts as. */
  guessed: { tests: number; seconds: number };
  /** The same in all shards that are split alike. */
  digest: string;
}

interface TestUnit extends Unit {
  tests: TestCase[];
}

export function titleOf(test: TestCase): string {
  return test
    .titlePath()
    .filter((part) => part !== '')
    .join(' › ');
}

/**
 * Projects that others depend on are not split: Playwright runs them in each shard that has a test which needs them.
 * @param suite the whole run's root, with every project
 * @param modeOf the mode in which a suite's tests run, inherited ones included
 */
export function planShard(
  suite: Suite,
  modeOf: (suite: Suite) => Mode,
  durations: Durations,
  { current, total }: { current: number; total: number },
): Plan {
  const projects = new Map<string, Suite>();
  for (const child of suite.suites) projects.set(child.project()?.name ?? '', child);
  const needsOf = (child: Suite): string[] => needed(child.project(), projects);
  const setupNames = new Set([...projects.values()].flatMap(needsOf));
  const split = [...projects].filter(([name]) => !setupNames.has(name)).map(([, child]) => child);

  const tests = split.flatMap((child) => child.allTests());
  const known = suite.allTests().flatMap((test) => durations.get(titleOf(test)) ?? []);
  const guess = median(known) ?? 1;
  const loadOf = (all: readonly TestCase[]): number =>
    all.reduce((load, test) => load + (isSkipped(test) ? 0 : (durations.get(titleOf(test)) ?? guess)), 0);

  const units = split.flatMap((child): TestUnit[] =>
    together(child, modeOf).map((group) => ({
      id: group.map((test) => `${titleOf(test)} ${test.repeatEachIndex}`).join('\n'),
      load: loadOf(group),
      needs: needsOf(child),
      tests: group,
    })),
  );
  const setups = new Map([...setupNames].map((name) => [name, loadOf(projects.get(name)?.allTests() ?? [])]));
  const shards = splitLongestFirst(units, setups, total);
  const mine = new Set(shards[current - 1]?.units.flatMap((unit) => unit.tests));
  const seconds = {
    here: shards[current - 1]?.load ?? 0,
    all: shards.reduce((load, shard) => load + shard.load, 0),
  };
  return {
    current,
    total,
    excluded: tests.filter((test) => !mine.has(test)),
    tests: { here: mine.size, all: tests.length },
    seconds: known.length === 0 ? null : seconds,
    guessed: { tests: tests.filter((test) => !durations.has(titleOf(test))).length, seconds: guess },
    digest: createHash('sha256')
      .update(JSON.stringify(shards.map((shard) => shard.units.map(({ id }) => id).sort(compare))))
      .digest('hex')
      .slice(0, 16),
  };
}

/** Names of the projects that run before or after this one, those that they need included. */
function needed(project: FullProject | undefined, projects: ReadonlyMap<string, Suite>): string[] {
  const names = new Set<string>();
  const visit = (one: FullProject | undefined): void => {
    for (const name of [...(one?.dependencies ?? []), ...(one?.teardown === undefined ? [] : [one.teardown])]) {
      // Not part of this run with --no-deps.
      if (names.has(name) || !projects.has(name)) continue;
      names.add(name);
      visit(projects.get(name)?.project());
    }
  };
  visit(project);
  return [...names].sort(compare);
}

/** As Playwright's own sharding does: what runs in order stays in one process, by default a file. */
function together(project: Suite, modeOf: (suite: Suite) => Mode): TestCase[][] {
  const groups = new Map<TestCase | Suite, TestCase[]>();
  for (const test of project.allTests()) {
    const key = keptTogether(test, modeOf);
    groups.set(key, [...(groups.get(key) ?? []), test]);
  }
  return [...groups.values()];
}

/** The outermost suite that keeps this test with others, or the test itself. */
function keptTogether(test: TestCase, modeOf: (suite: Suite) => Mode): TestCase | Suite {
  const path: Suite[] = [];
  for (let suite: Suite | undefined = test.parent; suite !== undefined && suite.type !== 'root'; suite = suite.parent)
    path.unshift(suite);
  const file = path.find(({ type }) => type === 'file') ?? test.parent;
  if (!path.some((suite) => modeOf(suite) === 'parallel')) return file;
  let parallel = false;
  for (const suite of path) {
    const mode = modeOf(suite);
    // "default" inside of what is parallel was asked for; outside it is only where no mode was set.
    if (mode === 'serial' || (mode === 'default' && parallel)) return suite;
    parallel ||= mode === 'parallel';
  }
  return test;
}

function isSkipped(test: TestCase): boolean {
  return test.expectedStatus === 'skipped';
}

function median(numbers: readonly number[]): number | null {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? null;
}
