/**
 * The hosts of this page. Their addresses are remembered; tokens only as long as the tab lives, and never beside what other
 * tabs see.
 */
import { HostSession } from './host-session.js';

export interface KnownHost {
  url: string;
  /** Who is signed in; null: nobody yet. */
  session: HostSession | null;
}

const ADDRESSES = 'guestwright.hosts';
const tokenKey = (url: string): string => `guestwright.token ${url}`;

export class Hosts {
  readonly #listeners = new Set<() => void>();
  #known: readonly KnownHost[];

  /** @param own the host that this page is from */
  constructor(readonly own: string) {
    this.#known = [...new Set([own, ...remembered()])].map((url) => ({ url, session: resumed(url) }));
  }

  get known(): readonly KnownHost[] {
    return this.#known;
  }

  follow(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  signIn(url: string, token: string): void {
    sessionStorage.setItem(tokenKey(url), token);
    const session = begun(url, token);
    this.#known.find((host) => host.url === url)?.session?.close();
    const isNew = !this.#known.some((host) => host.url === url);
    this.#set(
      isNew
        ? [...this.#known, { url, session }]
        : this.#known.map((host) => (host.url === url ? { url, session } : host)),
    );
  }

  signOut(url: string): void {
    sessionStorage.removeItem(tokenKey(url));
    this.#set(
      this.#known.map((host) => {
        if (host.url !== url) return host;
        void host.session?.request('DELETE', '/sessions/current').catch(() => undefined);
        host.session?.close();
        return { url, session: null };
      }),
    );
  }

  forget(url: string): void {
    this.signOut(url);
    this.#set(this.#known.filter((host) => host.url !== url));
  }

  #set(known: readonly KnownHost[]): void {
    this.#known = known;
    localStorage.setItem(ADDRESSES, JSON.stringify(known.map(({ url }) => url).filter((url) => url !== this.own)));
    for (const listener of this.#listeners) listener();
  }
}

/** `http://…` or `https://…` without what follows; null: it is no address. */
export function hostAddress(text: string): string | null {
  const whole = /^https?:\/\//.test(text) ? text : `https://${text}`;
  return URL.canParse(whole) && new URL(whole).host !== '' ? new URL(whole).origin : null;
}

function remembered(): string[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(ADDRESSES) ?? '[]');
    return Array.isArray(value)
      ? value.flatMap((one) => (typeof one === 'string' ? (hostAddress(one) ?? []) : []))
      : [];
  } catch {
    return [];
  }
}

function resumed(url: string): HostSession | null {
  const token = sessionStorage.getItem(tokenKey(url));
  return token === null ? null : begun(url, token);
}

function begun(url: string, token: string): HostSession {
  const session = new HostSession(url, token);
  session.open();
  return session;
}
