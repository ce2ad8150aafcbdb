/** Writes the report of a comparison: a folder that is there whole or not at all. */
import { copyFile, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { GuestwrightError } from '../../../sdk/errors.js';
import { isMissing } from '../../../sdk/images/files.js';
import { encodePng } from '../../../sdk/reading/png.js';
import { drawDiff } from '../../../sdk/screen/compare.js';
import type { CompareRecord } from '../../compare/findings.js';
import { compareReport, type ReportParts } from '../../compare/report.js';
import { wordFinding } from '../../compare/word.js';
import type { Interruption } from './interruption.js';
import type { FoundRun } from './read-run.js';

/** What `--accept` reads. */
export const RECORD_FILE = 'compare.json';

export interface WrittenParts extends Omit<ReportParts, 'differencePicture'> {
  runs: [a: FoundRun, b: FoundRun];
  interruption: Pick<Interruption, 'check'>;
}

/**
 * @param folder what is there is replaced: see `checkReplaceable`
 * @returns the path of the page
 * @throws Interrupted and nothing is changed
 */
export async function writeReport(folder: string, { runs, interruption, ...parts }: WrittenParts): Promise<string> {
  const beside = `${folder}.new-${process.pid}`;
  const screens = path.join(beside, 'screens');
  try {
    await mkdir(screens, { recursive: true });
    for (const name of picturesOf(parts)) {
      interruption.check();
      const from = runs.find(({ run }) => run.courses.some(({ steps }) => steps.some((step) => step.picture === name)));
      if (from !== undefined) await copyFile(path.join(from.screens, name), path.join(screens, name));
    }
    const [left, right] = runs;
    const drawn = new Map<string, Uint8Array>();
    const differencePicture = (a: string, b: string): string | null => {
      if (a === b) return null;
      const name = `difference-${a.slice(0, 16)}-${b.slice(0, 16)}.png`;
      if (!drawn.has(name)) drawn.set(name, encodePng(drawDiff(left.run.picture(a), right.run.picture(b))));
      return `screens/${name}`;
    };
    await writeFile(path.join(beside, 'index.html'), compareReport({ ...parts, differencePicture }));
    for (const [name, bytes] of drawn) await writeFile(path.join(screens, name), bytes);
    await writeFile(path.join(beside, RECORD_FILE), `${JSON.stringify(recordOf(parts), null, 2)}\n`);
    interruption.check();
    await rm(folder, { recursive: true, force: true });
    await rename(beside, folder);
    return path.join(folder, 'index.html');
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
}

function picturesOf({ machines }: Pick<ReportParts, 'machines'>): Set<string> {
  const names = machines.flatMap(({ steps }) => steps.flatMap(({ a, b }) => [a?.picture, b?.picture]));
  return new Set(names.filter((name) => typeof name === 'string'));
}

function recordOf({ images, findings }: Pick<ReportParts, 'images' | 'findings'>): CompareRecord {
  return {
    version: 1,
    images,
    findings: findings.map((finding) => ({
      number: finding.number,
      words: wordFinding(finding),
      isAccepted: finding.isAccepted,
      accept: finding.accept,
    })),
  };
}

/** A folder with other things in it is not ours to replace. @throws GuestwrightError `usage/compare-output` */
export async function checkReplaceable(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: unknown): string[] => {
    if (isMissing(error)) return [];
    throw error;
  });
  if (names.length === 0 || names.includes(RECORD_FILE)) return;
  throw new GuestwrightError(`${folder} is no report of a comparison`, {
    kind: 'usage',
    code: 'compare-output',
    expected: 'a folder that is not there, is empty, or has an earlier report',
    seen: names.slice(0, 5).join(', '),
    next: 'give another folder with -o',
  });
}
