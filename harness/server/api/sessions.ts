/** Who has signed in, and until when. Kept in memory, by the hash of what was given: a daemon that ends ends them. */
import { randomBytes } from 'node:crypto';
import { sha256 } from '../../../sdk/images/files.js';

/** Whose rights a session has: a user's, or those of the token that asked for a sign-in code. */
export type Principal = { kind: 'user'; name: string } | { kind: 'token'; credential: string };

interface Session {
  principal: Principal;
  /** Unix time, ms. */
  expires: number;
  used: number;
}

export interface SessionToken {
  /** Shown like any other token, as `Authorization: Bearer …`. */
  token: string;
  expires: string;
}

const LIFE_MS = 12 * 3_600_000;
const IDLE_MS = 2 * 3_600_000;
/** Of one principal at a time; then the one that was used the longest ago ends. */
const MOST = 50;

export class Sessions {
  readonly #sessions = new Map<string, Session>();
  readonly #listeners = new Set<() => void>();

  /** @param expires Unix time, ms, of one that goes on as another; default: 12 hours from now */
  begin(principal: Principal, expires = Date.now() + LIFE_MS): SessionToken {
    this.#makeRoom(principal);
    const token = randomBytes(32).toString('base64url');
    this.#sessions.set(sha256(token), { principal, expires, used: Date.now() });
    return { token, expires: new Date(expires).toISOString() };
  }

  /** @param credential SHA-256 of its token. Null: there is none, or it has ended. */
  find(credential: string): Readonly<Session> | null {
    const found = this.#sessions.get(credential);
    return found === undefined || isOver(found) ? null : found;
  }

  /** It is in use: two hours from now on it is idle. */
  touch(credential: string): void {
    const found = this.#sessions.get(credential);
    if (found !== undefined && !isOver(found)) found.used = Date.now();
  }

  /** @returns whether there was one */
  end(credential: string): boolean {
    const ended = this.#sessions.delete(credential);
    this.#changed();
    return ended;
  }

  endOfUser(name: string): void {
    for (const [credential, { principal }] of this.#sessions) {
      if (principal.kind === 'user' && principal.name === name) this.#sessions.delete(credential);
    }
    this.#changed();
  }

  /** Lets go of those that are over, which whoever uses one learns. */
  sweep(): void {
    const over = [...this.#sessions].filter(([, session]) => isOver(session));
    for (const [credential] of over) this.#sessions.delete(credential);
    if (over.length > 0) this.#changed();
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #makeRoom(principal: Principal): void {
    this.sweep();
    const own = [...this.#sessions].filter(([, one]) => sameAs(one.principal, principal));
    own.sort(([, a], [, b]) => a.used - b.used);
    for (const [credential] of own.slice(0, Math.max(0, own.length - MOST + 1))) this.end(credential);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

function isOver({ expires, used }: Session): boolean {
  const now = Date.now();
  return now >= expires || now >= used + IDLE_MS;
}

function sameAs(a: Principal, b: Principal): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
