/**
 * Whether a version is in a range of the two kinds that our own `package.json` uses: `>=20` and `^1.65.1`.
 * Pre-releases count as the release they lead to.
 */
export function satisfies(version: string, range: string): boolean {
  if (range === '*') return true;
  const [, operator, bound = ''] = /^(>=|\^)(.+)$/.exec(range) ?? [];
  if (operator === undefined) throw new Error(`the range "${range}" is of a kind that doctor does not know`);
  const have = numbersOf(version);
  const least = numbersOf(bound);
  return compare(have, least) >= 0 && (operator === '>=' || have[0] === least[0]);
}

function numbersOf(version: string): number[] {
  return version.split(/[.+-]/, 3).map(Number);
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const index of [0, 1, 2]) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
