/** Opens a recording. Nothing in it is trusted: its manifest is checked, and no path is taken from it. */
import { lstat, readFile } from 'node:fs/promises';
import path from 'node:path';
import { GuestwrightError } from '../errors.js';
import { parseSpec, type MachineSpec } from '../machine/spec.js';
import { digestOf, MANIFEST_FILE, manifestShape, MAX_MANIFEST_BYTES, type Manifest } from './manifest.js';

/** A log that is larger than this is not read, bytes: hours of a guest that writes to its disks all the time. */
const MAX_LOG_BYTES = 2 ** 36;

export interface Recording {
  folder: string;
  name: string;
  spec: MachineSpec;
  run: Manifest['run'];
}

/** @throws GuestwrightError `usage/recording-missing`, `usage/recording-damaged` */
export async function openRecording(folder: string): Promise<Recording> {
  const file = path.join(folder, MANIFEST_FILE);
  const size = await sizeOf(file);
  if (size === null) throw missing(folder, file);
  if (size > MAX_MANIFEST_BYTES) throw damaged(folder, `${MANIFEST_FILE} has ${size} bytes`);
  const parsed = manifestShape.safeParse(parseJson(await readFile(file, 'utf8')));
  if (!parsed.success) {
    const [first] = parsed.error.issues;
    throw damaged(folder, `${MANIFEST_FILE}: ${first?.path.join('.') ?? ''}: ${first?.message ?? 'it is no JSON'}`);
  }
  const { name, run, spec, digests } = parsed.data;
  for (const { log } of run.segments) {
    const bytes = await sizeOf(path.join(folder, log));
    if (bytes === null) throw damaged(folder, `there is no file ${log}`);
    if (bytes === 0 || bytes > MAX_LOG_BYTES) throw damaged(folder, `${log} has ${bytes} bytes`);
    if ((await digestOf(path.join(folder, log))) !== digests[log]) throw damaged(folder, `${log} is another file now`);
  }
  return { folder: path.resolve(folder), name, run, spec: specIn(folder, spec) };
}

/** A machine that would not be recorded cannot be that of the recording. */
function specIn(folder: string, fields: Record<string, unknown>): MachineSpec {
  let spec: MachineSpec;
  try {
    spec = parseSpec(fields);
  } catch (error) {
    if (!(error instanceof GuestwrightError)) throw error;
    throw damaged(folder, `the spec in it: ${error.failure.seen ?? error.message}`);
  }
  if (spec.record !== true) throw damaged(folder, 'the spec in it has no `record: true`');
  return spec;
}

/** Of a file; null where there is none. What a link leads to is not of the recording. */
async function sizeOf(file: string): Promise<number | null> {
  const seen = await lstat(file).catch(() => null);
  return seen?.isFile() === true ? seen.size : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function missing(folder: string, file: string): GuestwrightError {
  return new GuestwrightError(`There is no recording ${folder}`, {
    kind: 'usage',
    code: 'recording-missing',
    expected: `a folder with a file ${MANIFEST_FILE}`,
    seen: `no file ${file}`,
    next: 'name the folder that a machine with `record: true` left; it is there when the machine has been disposed',
  });
}

function damaged(folder: string, seen: string): GuestwrightError {
  return new GuestwrightError(`The recording ${folder} is damaged`, {
    kind: 'usage',
    code: 'recording-damaged',
    expected: 'a recording as it was written',
    seen,
    next: 'record the run again, or copy the whole folder again',
  });
}
