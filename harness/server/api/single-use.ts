/** Codes that are good once and for a moment, each in place of the credential of whoever asked for it. */
import { randomBytes } from 'node:crypto';
import { sha256 } from '../../../sdk/images/files.js';

/** Codes of one credential at a time: more of them than a page opens WebSockets make the oldest void. */
const MOST = 100;

export class SingleUse {
  readonly #life: number;
  /** By the code's hash. `credential`: see `Access.holder`; `until`: Unix time, ms. */
  readonly #codes = new Map<string, { credential: string; until: number }>();

  /** @param life ms */
  constructor(life: number) {
    this.#life = life;
  }

  issue(credential: string): string {
    this.#forget(credential);
    const code = randomBytes(32).toString('base64url');
    this.#codes.set(sha256(code), { credential, until: Date.now() + this.#life });
    return code;
  }

  /** The credential behind a code, which is void from now on; null: it was used, is too old, or never was. */
  redeem(code: string): string | null {
    const found = this.#codes.get(sha256(code));
    this.#codes.delete(sha256(code));
    return found === undefined || found.until < Date.now() ? null : found.credential;
  }

  #forget(credential: string): void {
    const now = Date.now();
    for (const [hash, { until }] of this.#codes) if (until < now) this.#codes.delete(hash);
    const own = [...this.#codes].filter(([, one]) => one.credential === credential);
    for (const [hash] of own.slice(0, Math.max(0, own.length - MOST + 1))) this.#codes.delete(hash);
  }
}
