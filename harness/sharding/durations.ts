/**
 * How long tests take, in `durations.json` beside the configuration: what shards are split by. Every shard has to be given
 * the same file, so no run writes it; runs leave what they measured in `reports/durations.json`, to be copied.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { GuestwrightError } from '../../sdk/errors.js';
import { compare } from './split.js';

/** Seconds by test: `grub-rescue-v86 › grub-rescue.spec.ts › walks the menu`. */
export type Durations = ReadonlyMap<string, number>;

export interface Measured {
  title: string;
  seconds: number;
  /** Part of it came from the store: less than it takes to run. */
  memoised: boolean;
}

const durationsFile = z.strictObject({
  version: z.literal(1),
  seconds: z.record(z.string(), z.number().nonnegative()),
});

/** What shards are split by. @param folder that of the configuration */
export function durationsGiven(folder: string): string {
  return join(folder, 'durations.json');
}

/** What a run leaves. */
export function durationsLeft(folder: string): string {
  return join(folder, 'reports', 'durations.json');
}

/** A file that is not there is empty. @throws GuestwrightError `usage/durations-invalid` */
export function readDurations(file: string): Durations {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return new Map();
    throw error;
  }
  const parsed = durationsFile.safeParse(parseJson(text));
  if (parsed.success) return new Map(Object.entries(parsed.data.seconds));
  // Not passed over: a shard that splits by other numbers than the others leaves tests out.
  throw new GuestwrightError(`${file} does not hold durations of tests`, {
    kind: 'usage',
    code: 'durations-invalid',
    expected: 'what a run leaves in reports/durations.json',
    seen: z.prettifyError(parsed.error),
    next: 'copy reports/durations.json there, or remove the file: every test then counts the same',
  });
}

/** A test that came from the store took less than it will when it has to run: that does not shorten what is known. */
export function addMeasured(known: Durations, measured: readonly Measured[]): Durations {
  const all = new Map(known);
  const sums = new Map<string, Measured[]>();
  // A test that is repeated is there several times.
  for (const one of measured) sums.set(one.title, [...(sums.get(one.title) ?? []), one]);
  for (const [title, times] of sums) {
    const longest = Math.max(...times.map(({ seconds }) => seconds));
    const before = known.get(title);
    const keep = before !== undefined && times.every(({ memoised }) => memoised) && before > longest;
    if (!keep) all.set(title, Math.round(longest * 10) / 10);
  }
  return all;
}

export function writeDurations(file: string, durations: Durations): void {
  const seconds = Object.fromEntries([...durations].sort(([a], [b]) => compare(a, b)));
  const beside = `${file}.${process.pid}`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(beside, `${JSON.stringify({ version: 1, seconds }, null, 2)}\n`);
  renameSync(beside, file);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
