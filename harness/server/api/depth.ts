/** How deep data is nested: what walks it later may do so by calling itself. */

/** Of any call. What calls take has six levels. */
export const MOST_DEPTH = 32;

export function isDeeperThan(value: unknown, most: number): boolean {
  let level: object[] = isObject(value) ? [value] : [];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth >= most) return true;
    level = level.flatMap((one): object[] => Object.values(one).filter(isObject));
  }
  return false;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
