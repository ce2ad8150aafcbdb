/** Collects what the tests of a run did with goldens, for `guestwright golden`. */
import { dirname } from 'node:path';
import type { TestCase, TestResult } from '@playwright/test/reporter';
import { PICTURES, relativeTo, type PendingRecord, type RecordFiles, type RunRecord } from '../goldens/run-record.js';
import { digestOf, GOLDEN_ANNOTATION, parseUse, type GoldenUse } from '../goldens/use.js';
import { attachedBytes } from './attached.js';

export interface CollectedGoldens {
  record: RunRecord;
  files: RecordFiles;
}

/**
 * @param project folder of the configuration
 * @param file where the record will be
 * @param ended whether the run came to its end
 */
export function collectGoldens(
  tests: readonly TestCase[],
  { project, file, ended }: { project: string; file: string; ended: boolean },
): CollectedGoldens {
  const used = new Set<string>();
  const pending = new Map<string, PendingRecord>();
  const files = new Map<string, Uint8Array | string>();
  for (const test of tests) {
    for (const result of test.results) for (const { png } of usesOf(result)) used.add(relativeTo(project, png));
    const last = test.results.at(-1);
    if (last === undefined) continue;
    for (const use of usesOf(last)) {
      const golden = relativeTo(project, use.png);
      const taken = takePictures(golden, use, last, titleOf(test));
      if (taken === null) continue;
      // Of several tests that refuse the same golden, the last speaks.
      pending.set(golden, taken.record);
      for (const [name, content] of taken.files) files.set(name, content);
    }
  }
  const record: RunRecord = {
    project: relativeTo(dirname(file), project),
    tests: tests.map((test) => ({
      id: test.id,
      title: titleOf(test),
      file: relativeTo(project, test.location.file),
      status: statusOf(test),
    })),
    ended,
    used: [...used].sort(),
    pending: [...pending.values()],
  };
  return { record, files };
}

function usesOf({ annotations }: TestResult): GoldenUse[] {
  return annotations.flatMap(({ type, description }) => {
    const use = type === GOLDEN_ANNOTATION ? parseUse(description) : null;
    return use === null ? [] : [use];
  });
}

/** A test that passed only on a retry passed. */
function statusOf(test: TestCase): RunRecord['tests'][number]['status'] {
  if (test.results.length === 0) return 'not run';
  const outcome = test.outcome();
  if (outcome === 'expected' || outcome === 'flaky') return 'passed';
  return outcome === 'skipped' ? 'skipped' : 'failed';
}

function titleOf(test: TestCase): string {
  return test
    .titlePath()
    .filter((part) => part !== '')
    .join(' › ');
}

function takePictures(
  golden: string,
  { pending }: GoldenUse,
  { attachments }: TestResult,
  test: string,
): { record: PendingRecord; files: Map<string, Uint8Array | string> } | null {
  if (pending === null) return null;
  const attached = new Map(
    attachments
      .filter(({ contentType }) => contentType === 'image/png')
      .map((attachment) => attachedBytes(attachment))
      .filter((bytes) => bytes !== null)
      .map((bytes) => [digestOf(bytes), bytes]),
  );
  const actual = attached.get(pending.actual);
  if (actual === undefined) return null;
  const diff = pending.diff === null ? undefined : attached.get(pending.diff);
  const stem = `${PICTURES}/${golden.replace(/^golden-screens\//, '').replace(/\.png$/, '')}`;
  const files = new Map<string, Uint8Array | string>([[`${stem}-actual.png`, actual]]);
  if (diff !== undefined) files.set(`${stem}-diff.png`, diff);
  if (pending.text !== null) files.set(`${stem}-actual.txt`, pending.text);
  const record: PendingRecord = {
    golden,
    comparedWith: pending.golden,
    actual: `${stem}-actual.png`,
    text: pending.text === null ? null : `${stem}-actual.txt`,
    diff: diff === undefined ? null : `${stem}-diff.png`,
    test,
  };
  return { record, files };
}
