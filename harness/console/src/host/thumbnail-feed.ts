/** Live thumbnails of a host's machines: asked for only while somebody can see them, and sent only when they changed. */
import type { HostSession } from './host-session.js';

/** Wall ms between two looks at a machine. */
const EVERY_MS = 2000;
/** Pixels: twice what a card is wide, at most, for dense displays. */
const WIDTH = 320;

interface Watched {
  listeners: Set<() => void>;
  /** `blob:` URL; null: none yet. */
  picture: string | null;
  seen: string | undefined;
  timer: ReturnType<typeof setTimeout> | null;
}

export class ThumbnailFeed {
  readonly #session: HostSession;
  readonly #machines = new Map<string, Watched>();

  constructor(session: HostSession) {
    this.#session = session;
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) return;
      for (const [name, watched] of this.#machines) this.#look(name, watched);
    });
  }

  picture(name: string): string | null {
    return this.#machines.get(name)?.picture ?? null;
  }

  /** Somebody can see the machine from now on, until what it returns is called. */
  watch(name: string, listener: () => void): () => void {
    const watched: Watched = this.#machines.get(name) ?? {
      listeners: new Set<() => void>(),
      picture: null,
      seen: undefined,
      timer: null,
    };
    this.#machines.set(name, watched);
    watched.listeners.add(listener);
    if (watched.listeners.size === 1) this.#look(name, watched);
    return () => {
      watched.listeners.delete(listener);
      if (watched.listeners.size === 0 && watched.timer !== null) clearTimeout(watched.timer);
    };
  }

  /** The last picture stays as long as nobody has another: it is what the machine looked like. */
  #look(name: string, watched: Watched): void {
    if (watched.timer !== null) clearTimeout(watched.timer);
    watched.timer = null;
    if (document.hidden || watched.listeners.size === 0) return;
    void this.#again(name, watched).finally(() => {
      if (watched.listeners.size === 0) return;
      if (watched.timer !== null) clearTimeout(watched.timer);
      watched.timer = setTimeout(() => this.#look(name, watched), EVERY_MS);
    });
  }

  async #again(name: string, watched: Watched): Promise<void> {
    const query = { width: WIDTH, ...(watched.seen === undefined ? {} : { unless: watched.seen }) };
    // A machine that has just ended has none: what comes of it is told by the host's events.
    const answer = await this.#session.call('thumbnail', { params: { name }, query }).catch(() => null);
    if (answer === null) return;
    const { seen, png } = answer;
    watched.seen = seen;
    const picture = png === null ? null : pictureAddress(png);
    if (picture === null) return;
    if (watched.picture !== null) URL.revokeObjectURL(watched.picture);
    watched.picture = picture;
    for (const listener of watched.listeners) listener();
  }
}

const feeds = new WeakMap<HostSession, ThumbnailFeed>();

export function thumbnailsOf(session: HostSession): ThumbnailFeed {
  const feed = feeds.get(session) ?? new ThumbnailFeed(session);
  feeds.set(session, feed);
  return feed;
}

/** @param png base64. Null: it is none, whatever the host says */
export function pictureAddress(png: string): string | null {
  try {
    const bytes = Uint8Array.from(atob(png), (character) => character.charCodeAt(0));
    return URL.createObjectURL(new Blob([bytes], { type: 'image/png' }));
  } catch {
    return null;
  }
}
