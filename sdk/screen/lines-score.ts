/** How well a screen was read, against its true text: the same measure for tests and for benches. */

export interface LinesScore {
  /** True lines with anything in them. */
  lines: number;
  /** Those that stand verbatim in a line that was read. */
  found: number;
  /** Wrong, missing and surplus characters, as a share of the true ones: 0 is perfect. */
  cer: number;
}

/**
 * Scores lines that were read. Both sides are normalised by {@link normaliseLine}; true lines that are blank then do
 * not count.
 *
 * A true line is found when a read line contains it: what stands beside it (another column) does no harm. For the
 * character error rate each true line is held against the stretch of a read line that is nearest to it by edit distance
 * (Levenshtein, in code points), so that it says how text was read, not in what order, and never exceeds 1.
 */
export function scoreLines(truth: readonly string[], read: readonly string[]): LinesScore {
  const wanted = truth.map(normaliseLine).filter((line) => line !== '');
  const given = [...new Set(read.map(normaliseLine).filter((line) => line !== ''))];
  const givenPoints = given.map((line) => Array.from(line));
  let found = 0;
  let wrong = 0;
  let characters = 0;
  for (const line of wanted) {
    const points = Array.from(line);
    characters += points.length;
    if (given.some((other) => other.includes(line))) {
      found++;
      continue;
    }
    let best = points.length;
    for (const other of givenPoints) best = Math.min(best, distanceWithin(points, other));
    wrong += best;
  }
  return { lines: wanted.length, found, cer: characters === 0 ? 0 : wrong / characters };
}

/**
 * A line as it is scored: in composed form, without box drawing, blocks and the triangles of menus (U+2500 to U+25FF),
 * each run of blanks as one blank.
 */
export function normaliseLine(line: string): string {
  return line
    .normalize('NFC')
    .replace(/[\u2500-\u25ff]/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim();
}

/** The edit distance of `needle` to the nearest stretch of `hay`; at most `needle.length`, the distance to nothing. */
function distanceWithin(needle: readonly string[], hay: readonly string[]): number {
  // One row for each character of the needle; starting anywhere in the hay is free, and so is ending anywhere.
  let above = new Uint32Array(hay.length + 1);
  for (let i = 0; i < needle.length; i++) {
    const row = new Uint32Array(hay.length + 1);
    row[0] = i + 1;
    for (let j = 0; j < hay.length; j++) {
      const replaced = (above[j] ?? 0) + (needle[i] === hay[j] ? 0 : 1);
      row[j + 1] = Math.min(replaced, (above[j + 1] ?? 0) + 1, (row[j] ?? 0) + 1);
    }
    above = row;
  }
  return above.reduce((least, distance) => Math.min(least, distance), needle.length);
}
