/** What the trace adds to the wall time of scenario 2, which runs its guest each time. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { GuestwrightError } from '../../sdk/errors.js';
import { median, type Figures } from '../figures.js';

/** Runs of each, one after the other in turn. */
const PAIRS = 3;

const results = z.object({ stats: z.object({ expected: z.number(), unexpected: z.number(), duration: z.number() }) });

export async function measureTrace(note: (line: string) => void): Promise<Figures> {
  return { 'trace.overhead': await overhead(note, 'a trace', ['--trace', 'on'], {}) };
}

/** The configuration of this repository makes videos when it is asked for them by this variable. */
export async function measureVideo(note: (line: string) => void): Promise<Figures> {
  return { 'video.overhead': await overhead(note, 'a video', [], { GUESTWRIGHT_VIDEO: 'on' }) };
}

type Figure = Figures[string];

async function overhead(
  note: (line: string) => void,
  what: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Figure> {
  const [without, watched]: [number[], number[]] = [[], []];
  for (let i = 0; i < PAIRS; i++) {
    without.push(await scenario2([], {}));
    watched.push(await scenario2(args, env));
  }
  const [a, b] = [median(without), median(watched)];
  note(`scenario 2: ${(a / 1000).toFixed(2)} s without ${what}, ${(b / 1000).toFixed(2)} s with one`);
  return { value: b / a - 1, unit: 'share', baseline: 0, ratio: null };
}

/** Wall ms of the run, from its first test to its end: what is written of a trace or a video is in it. */
async function scenario2(more: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'guestwright-bench-report-'));
  try {
    const file = join(folder, 'results.json');
    const args = ['run', '--project', 'linux-v86', '--workers', '1', '--no-memoise', ...more];
    args.push('--reporter', 'json', '--output', join(folder, 'results'));
    const main = join('dist', 'harness', 'cli', 'main.js');
    const { exitCode, all } = await execa(process.execPath, [main, ...args], {
      reject: false,
      all: true,
      stdin: 'ignore',
      env: { PLAYWRIGHT_JSON_OUTPUT_NAME: file, ...env },
    });
    if (exitCode !== 0) throw notMeasured(all);
    return results.parse(JSON.parse(await readFile(file, 'utf8'))).stats.duration;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function notMeasured(seen: string): GuestwrightError {
  return new GuestwrightError('Scenario 2 was not measured', { kind: 'infrastructure', code: 'bench-failed', seen });
}
