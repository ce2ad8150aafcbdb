/** What a run has left for `guestwright compare`. Files of our own workers, in a folder of our own: they are trusted. */
import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { isMissing } from '../../../sdk/images/files.js';
import { decodePng } from '../../../sdk/reading/png.js';
import type { Run } from '../../compare/compare.js';
import { course, type Course } from '../../compare/course.js';
import { FAILURE_FILE } from '../../compare/failure.js';

export interface FoundRun {
  exitCode: number;
  run: Run;
  /** Folder of its pictures. */
  screens: string;
}

export async function readRun(folder: string): Promise<Omit<FoundRun, 'exitCode'>> {
  const screens = path.join(folder, 'screens');
  const picture: Run['picture'] = (name) => decodePng(readFileSync(path.join(screens, name)), name);
  return { run: { courses: await readCourses(folder), picture }, screens };
}

async function readCourses(folder: string): Promise<Course[]> {
  try {
    const names = (await readdir(folder)).filter((name) => name.endsWith('.json') && name !== FAILURE_FILE);
    return await Promise.all(
      names.map(async (name) => course.parse(JSON.parse(await readFile(path.join(folder, name), 'utf8')))),
    );
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
