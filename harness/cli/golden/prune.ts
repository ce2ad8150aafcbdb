/** `guestwright golden prune`: decides which goldens nothing uses, and removes them. */
import { rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { scenarioName, sanitiseName } from '../../goldens/paths.js';
import type { RunRecord } from '../../goldens/run-record.js';
import { askPlaywright } from '../run/ask-playwright.js';
import type { GoldenOnDisk } from './state.js';
import { TESTS_MARK } from './tests-reporter.js';

export type PruneDecision =
  /** Nothing may be said about what is unused. */
  | { kind: 'refused'; why: 'no-run' | 'interrupted' }
  | { kind: 'refused'; why: 'partial' | 'failed'; tests: string[] }
  | {
      kind: 'decided';
      unused: GoldenOnDisk[];
      /** Not used, but of scenarios with tests that were skipped: those may use them. */
      kept: GoldenOnDisk[];
    };

/**
 * Only a run in which every test of the project came to its end tells which goldens are used: a test that did not run,
 * or failed, may not have come to its goldens.
 * @param listed ids of all tests that the project has now
 */
export function decidePrune(
  run: RunRecord | null,
  listed: readonly string[],
  goldens: readonly GoldenOnDisk[],
): PruneDecision {
  if (run === null) return { kind: 'refused', why: 'no-run' };
  if (!run.ended) return { kind: 'refused', why: 'interrupted' };
  const ran = new Map(run.tests.map((test) => [test.id, test]));
  const missing = listed.filter((id) => !ran.has(id));
  const unrun = run.tests.filter(({ status }) => status === 'not run').map(({ title }) => title);
  if (missing.length + unrun.length > 0) {
    const unknown = missing.length === 0 ? [] : [`${missing.length} that the run did not include`];
    return { kind: 'refused', why: 'partial', tests: [...unrun, ...unknown] };
  }
  const failed = run.tests.filter(({ status }) => status === 'failed').map(({ title }) => title);
  if (failed.length > 0) return { kind: 'refused', why: 'failed', tests: failed };
  const skipped = new Set(
    run.tests.filter(({ status }) => status === 'skipped').map(({ file }) => sanitiseName(scenarioName(file))),
  );
  const unused = goldens.filter(({ used }) => used === false);
  const isKept = ({ name }: GoldenOnDisk): boolean => skipped.has(name.split('/')[1] ?? '');
  return { kind: 'decided', unused: unused.filter((golden) => !isKept(golden)), kept: unused.filter(isKept) };
}

/** Ids of all tests of a project, none left out. @throws GuestwrightError `usage/config-unreadable` */
export async function projectTests(folder: string): Promise<string[]> {
  const reporter = new URL('./tests-reporter.js', import.meta.url);
  return z.array(z.string()).parse(await askPlaywright({ folder, reporter, mark: TESTS_MARK, what: 'tests' }));
}

/** Removes goldens, and the folders that are empty then. */
export async function removeGoldens(project: string, goldens: readonly GoldenOnDisk[]): Promise<void> {
  for (const { file } of goldens) {
    const png = join(project, file);
    // The picture is what makes a golden exist: it goes first.
    await rm(png);
    await rm(png.replace(/\.png$/, '.txt'), { force: true });
    await removeEmpty(dirname(png));
    await removeEmpty(dirname(dirname(png)));
  }
}

async function removeEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(String(error.code)))
      return;
    throw error;
  }
}

/** Words for a refusal. */
export function wordRefusal(decision: Extract<PruneDecision, { kind: 'refused' }>): { seen: string; next: string } {
  const next = 'guestwright run, without filters, until all tests pass; then prune';
  switch (decision.why) {
    case 'no-run':
      return { seen: 'no run has left a record (reports/goldens.json)', next };
    case 'interrupted':
      return { seen: 'the last run was interrupted, or had errors outside of tests', next };
    case 'partial':
      return { seen: `the last run left out:\n${some(decision.tests)}`, next };
    case 'failed':
      return { seen: `tests failed, and may not have come to their goldens:\n${some(decision.tests)}`, next };
  }
}

const SHOWN = 5;

function some(tests: readonly string[]): string {
  const more = tests.length - SHOWN;
  return [...tests.slice(0, SHOWN), ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
}
