/** The goldens of a project, and what the last run said about them. */
import { readFile, readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { GuestwrightError } from '../../../sdk/errors.js';
import { pngSize } from '../../../sdk/reading/png.js';
import { GOLDEN_FOLDER, type GoldenPaths } from '../../goldens/paths.js';
import { readRunRecord, relativeTo, RUN_RECORD, type PendingRecord, type RunRecord } from '../../goldens/run-record.js';
import { digestOf } from '../../goldens/use.js';

/** A golden on disk. */
export interface GoldenOnDisk {
  /** `<guest>/<scenario>/<name>`. */
  name: string;
  /** Its PNG, relative to the project. */
  file: string;
  width: number;
  height: number;
  kind: 'text' | 'graphic';
  /** Whether a test of the last run looked at it; null when no run is known. */
  used: boolean | null;
}

/** A picture that the last run refused, and that could be accepted. */
export interface Pending {
  name: string;
  record: PendingRecord;
  paths: GoldenPaths;
  /** What the run left, as absolute paths. */
  actual: string;
  text: string | null;
  diff: string | null;
  /** Whether the golden is still what the run compared with: another one was accepted or written since. */
  state: 'open' | 'golden-changed';
}

export interface GoldenState {
  /** The project's folder. */
  project: string;
  /** Null when no run has left one. */
  run: RunRecord | null;
  /** By name. */
  goldens: GoldenOnDisk[];
  pending: Pending[];
}

/**
 * @param cwd the project's folder, or the one in which `guestwright run` was started
 * @throws GuestwrightError `usage/golden-record-invalid`, `usage/png-invalid`
 */
export async function readGoldenState(cwd: string): Promise<GoldenState> {
  const file = join(cwd, 'reports', RUN_RECORD);
  const run = readRunRecord(file);
  const project = run === null ? cwd : resolve(dirname(file), run.project);
  const used = run === null ? null : new Set(run.used);
  const goldens: GoldenOnDisk[] = [];
  for (const png of await pngsIn(join(project, GOLDEN_FOLDER))) {
    const relative = relativeTo(project, png);
    const bytes = await readFile(png);
    goldens.push({
      name: nameOf(relative),
      file: relative,
      ...pngSize(bytes, relative),
      kind: (await digestOfFile(textBeside(png))) === null ? 'graphic' : 'text',
      used: used === null ? null : used.has(relative),
    });
  }
  const pending = await Promise.all((run?.pending ?? []).map((record) => readPending(record, project, dirname(file))));
  return { project, run, goldens, pending };
}

async function readPending(record: PendingRecord, project: string, reports: string): Promise<Pending> {
  const png = resolve(project, record.golden);
  if (!record.golden.startsWith(`${GOLDEN_FOLDER}/`) || relativeTo(project, png) !== record.golden) {
    throw new GuestwrightError('The record of the last run names a golden outside of its folder', {
      kind: 'usage',
      code: 'golden-record-invalid',
      expected: `a file in ${GOLDEN_FOLDER}/`,
      seen: record.golden,
      next: 'guestwright run, which writes it anew',
    });
  }
  const name = nameOf(record.golden);
  return {
    name,
    record,
    paths: {
      name: name.split('/').at(-1) ?? name,
      png,
      txt: textBeside(png),
      points: png.replace(/\.png$/, '.points.json'),
    },
    actual: join(reports, record.actual),
    text: record.text === null ? null : join(reports, record.text),
    diff: record.diff === null ? null : join(reports, record.diff),
    state: (await digestOfFile(png)) === record.comparedWith ? 'open' : 'golden-changed',
  };
}

/** `tiny/golden/menu` of `golden-screens/tiny/golden/menu.png`. */
function nameOf(file: string): string {
  return file.slice(GOLDEN_FOLDER.length + 1).replace(/\.png$/, '');
}

function textBeside(png: string): string {
  return png.replace(/\.png$/, '.txt');
}

async function pngsIn(folder: string): Promise<string[]> {
  const entries = await orNothing(readdir(folder, { recursive: true, withFileTypes: true }));
  return (entries ?? [])
    .filter((entry) => entry.isFile() && entry.name.endsWith('.png'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

async function digestOfFile(file: string): Promise<string | null> {
  const bytes = await orNothing(readFile(file));
  return bytes === null ? null : digestOf(bytes);
}

async function orNothing<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
