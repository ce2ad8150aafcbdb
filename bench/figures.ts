/** The figures that a bench measures, and `reports/bench.json`, which holds the latest of each. */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { GuestwrightError } from '../sdk/errors.js';

const figure = z.strictObject({
  value: z.number(),
  unit: z.string(),
  /** What the value is compared with, in the same unit; null where there is nothing to compare with. */
  baseline: z.number().nullable(),
  /**
   * Mostly how many times better than the baseline: higher is better, whatever the unit. Where the baseline is the least
   * that is possible (memcmp, of `compare.identical`), how many times as much: lower is better. Each figure's bench says
   * what is divided by what.
   */
  ratio: z.number().nullable(),
});
const figures = z.record(z.string(), figure);

export type Figure = z.infer<typeof figure>;
/** By name: `<group>.<what>`. */
export type Figures = z.infer<typeof figures>;

/** The figures of a run over those of earlier ones: what was not measured again stays. In order of the names. */
export function mergeFigures(earlier: Figures, measured: Figures): Figures {
  return Object.fromEntries(
    Object.entries({ ...earlier, ...measured }).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
  );
}

/** @throws GuestwrightError `usage/bench-file-invalid` when the file is there but is not one of ours */
export async function readFigures(file: string): Promise<Figures> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw error;
  }
  const parsed = figures.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new GuestwrightError(`${file} does not hold figures`, {
    kind: 'usage',
    code: 'bench-file-invalid',
    expected: '{ "name": { "value", "unit", "baseline", "ratio" } }',
    seen: z.prettifyError(parsed.error),
    next: 'delete it: the next run writes it anew',
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Merges `measured` into the file. The file is replaced whole, by a rename. */
export async function storeFigures(file: string, measured: Figures): Promise<void> {
  const merged = mergeFigures(await readFigures(file), measured);
  await mkdir(path.dirname(file), { recursive: true });
  const beside = `${file}.${process.pid}-${randomUUID()}.part`;
  try {
    await writeFile(beside, `${JSON.stringify(merged, null, 2)}\n`);
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

/** The middle value; the mean of the two middle ones of an even number. @throws RangeError without values */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) throw new RangeError('a median needs at least one value');
  return (lower + upper) / 2;
}
