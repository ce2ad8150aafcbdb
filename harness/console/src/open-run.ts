/** Reads the file of a run: untrusted, every part of it is checked before it is used. */
import { z } from 'zod';
import { runFile, type RunFile } from '../../runs/format.js';
import { notARun, runTooLarge, runUnreadable } from './page-errors.js';
import { RunArchive } from './run-archive.js';

/** Bytes of `run.json`; a run of 3,000 looks and 2 million characters of output has 20 MB. */
const MOST_TEXT = 96 << 20;

export interface OpenedRun {
  run: RunFile;
  archive: RunArchive;
}

/** @throws GuestwrightError: see `page-errors.ts` */
export async function openRun(file: Blob): Promise<OpenedRun> {
  const archive = await RunArchive.open(file);
  const size = archive.size('run.json') ?? 0;
  if (size > MOST_TEXT) throw runTooLarge(size, MOST_TEXT);
  const text = await archive.read('run.json');
  if (text === null) throw notARun('a zip without run.json');
  const json = parseJson(new TextDecoder().decode(text));
  const read = runFile.safeParse(json);
  if (read.success) return { run: read.data, archive };
  const [issue] = read.error.issues;
  throw runUnreadable(madeBy(json), `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The version that wrote a file of another version; only what can be part of a command. */
function madeBy(json: unknown): string | null {
  const made = z.object({ made: z.string().regex(/^\d[\w.+-]{0,40}$/) }).safeParse(json);
  return made.success ? made.data.made : null;
}
