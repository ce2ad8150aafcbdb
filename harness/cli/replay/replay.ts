/** `guestwright replay`: what it says, and the picture that it leaves. */
import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Recording, ReplayVerdict } from '../../../sdk/recordings/index.js';
import type { ScreenContent } from '../../../sdk/screen/content.js';
import { wordTime } from '../../fixtures/guest-time.js';

/** Wall ms after which a replay says how far it is, and between two such lines. */
const SAY_EVERY_MS = 2_000;

export interface ReplayCommandOptions {
  until?: number;
  output?: string;
}

/** @returns whether it went as it had gone */
export async function replay(folder: string, { until, output }: ReplayCommandOptions): Promise<boolean> {
  const { openRecording, replayRecording } = await import('../../../sdk/recordings/index.js');
  const recording = await openRecording(folder);
  const end = recording.run.segments.at(-1)?.marks.at(-1)?.at ?? 0;
  let said = performance.now();
  const verdict = await replayRecording(recording, {
    ...(until === undefined ? {} : { until }),
    onAgain: (seen) => {
      process.stderr.write(`the log could not be followed (${seen}): once more, from the start\n`);
    },
    onProgress: (at) => {
      if (performance.now() - said < SAY_EVERY_MS) return;
      said = performance.now();
      process.stderr.write(`at guest time ${wordTime(at)} of ${wordTime(until ?? end)}\n`);
    },
  });
  process.stdout.write(`${wordVerdict(verdict, recording)}\n`);
  if (verdict.kind === 'parted') return false;
  if (until !== undefined) process.stdout.write(`\n${await readScreen(verdict.screen, recording)}\n`);
  if (output !== undefined) await writePicture(verdict.screen, output);
  return true;
}

/** The verdict, in words. */
export function wordVerdict(verdict: ReplayVerdict, { run }: Pick<Recording, 'run'>): string {
  if (verdict.kind === 'exact') {
    const { at, icount, screens, memories } = verdict;
    return [
      `exact up to guest time ${wordTime(at)} (instruction ${icount}):`,
      `${count(screens, 'screen')} and ${count(memories, 'hash', 'hashes')} of the memory compared, all the same`,
    ].join(' ');
  }
  const { parting, at, icount, segment, lastSame } = verdict;
  const where = run.segments.length === 1 ? '' : ` after power-on ${segment + 1} of ${run.segments.length}`;
  return [
    `NOT the same: it parts at guest time ${wordTime(at)} (instruction ${icount}${where})`,
    parting.kind === 'lost'
      ? `  the log could not be followed: ${parting.seen}`
      : `  the ${parting.kind} differs: its hash was ${parting.expected.slice(0, 16)}…, and is ${parting.seen.slice(0, 16)}…`,
    lastSame === null ? '  nothing before was compared' : `  it was the same until guest time ${wordTime(lastSame)}`,
  ].join('\n');
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

async function readScreen(content: ScreenContent, { spec }: Recording): Promise<string> {
  const [{ LadderReader }, { makeFrame }, { readLines }] = await Promise.all([
    import('../../../sdk/reading/index.js'),
    import('../../../sdk/screen/frame.js'),
    import('../../../sdk/screen/read-lines.js'),
  ]);
  const reader = new LadderReader({
    fonts: spec.fonts,
    languages: spec.ocr.languages,
    onProgress: (line) => void process.stderr.write(`${line}\n`),
  });
  const lines = readLines(await reader.whole(makeFrame(content, 0)));
  return lines.length === 0 ? '(the screen shows no text)' : lines.map(({ text }) => text).join('\n');
}

async function writePicture(content: ScreenContent, output: string): Promise<void> {
  const [{ encodePng }, { makeFrame }] = await Promise.all([
    import('../../../sdk/reading/index.js'),
    import('../../../sdk/screen/frame.js'),
  ]);
  const file = path.resolve(output);
  const beside = `${file}.${randomUUID().slice(0, 8)}.part`;
  await mkdir(path.dirname(file), { recursive: true });
  try {
    await writeFile(beside, encodePng(makeFrame(content, 0)));
    await rename(beside, file);
  } finally {
    await rm(beside, { force: true });
  }
  process.stdout.write(`written to ${output}\n`);
}
