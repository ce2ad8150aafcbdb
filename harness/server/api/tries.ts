/** Tries that failed, counted by who made them: after so many within a time the next has to wait. */

/** Those who tried last are remembered, so many. */
const MOST_KEYS = 10_000;

export class Tries {
  readonly #most: number;
  readonly #within: number;
  /** Unix times of tries, ms, oldest first. */
  readonly #tries = new Map<string, number[]>();

  /** @param within ms */
  constructor(most: number, within: number) {
    this.#most = most;
    this.#within = within;
  }

  /** Counts a try, before it is known how it ends, so that many at once are counted. Seconds to wait; null: it may be made. */
  begin(key: string): number | null {
    const now = Date.now();
    const recent = (this.#tries.get(key) ?? []).filter((at) => at > now - this.#within);
    const first = recent.at(-this.#most);
    if (first !== undefined) return Math.max(1, Math.ceil((first + this.#within - now) / 1000));
    this.#tries.delete(key);
    this.#tries.set(key, [...recent, now]);
    const [oldest] = this.#tries.keys();
    if (this.#tries.size > MOST_KEYS && oldest !== undefined) this.#tries.delete(oldest);
    return null;
  }

  /** The last one succeeded: it does not count. */
  forgive(key: string): void {
    const all = this.#tries.get(key) ?? [];
    all.pop();
    if (all.length === 0) this.#tries.delete(key);
  }
}

/** An IPv4 address; of an IPv6 address the network, of which one customer has all addresses: the first 64 bits. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(':')) return address;
  const [left = '', right = ''] = address.split('%')[0]?.split('::') ?? [];
  const before = left === '' ? [] : left.split(':');
  const after = right === '' ? [] : right.split(':');
  const zeros = new Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0');
  const all = address.includes('::') ? [...before, ...zeros, ...after] : before;
  return `${all.slice(0, 4).join(':')}::/64`;
}
