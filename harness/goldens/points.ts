/** Click points of a golden: `<name>.points.json` beside the picture, written by hand. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { GuestwrightError } from '../../sdk/errors.js';
import type { GoldenPaths } from './paths.js';

const point = z.strictObject({ x: z.number().int().min(0), y: z.number().int().min(0) });
const file = z.strictObject({ points: z.record(z.string().min(1), point) });

/** By name, in pixels of the golden's picture. */
export type GoldenPoints = Readonly<Record<string, { x: number; y: number }>>;

/**
 * The click points of a golden; none when there is no such file.
 * @param size of the picture: points lie in it
 * @throws GuestwrightError `usage/points-invalid`
 */
export async function readGoldenPoints(
  { points: name }: Pick<GoldenPaths, 'points'>,
  size: { width: number; height: number },
): Promise<GoldenPoints> {
  let text: string;
  try {
    text = await readFile(name, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw error;
  }
  const parsed = file.safeParse(parseJson(text));
  if (!parsed.success) throw invalid(name, z.prettifyError(parsed.error));
  const { points } = parsed.data;
  for (const [label, { x, y }] of Object.entries(points)) {
    if (x < size.width && y < size.height) continue;
    throw invalid(name, `"${label}" at x ${x}, y ${y}, outside of the picture of ${size.width}x${size.height} pixels`);
  }
  return points;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function invalid(name: string, seen: string): GuestwrightError {
  return new GuestwrightError(`${name} does not hold click points`, {
    kind: 'usage',
    code: 'points-invalid',
    expected: '{ "points": { "ok": { "x": 12, "y": 8 } } }, in whole pixels of the picture',
    seen,
  });
}
