/** The pictures of a trace: each once, by its content, made into files while the scenario goes on. */
import { createHash } from 'node:crypto';
import { JobThread } from '../../sdk/job-thread.js';
import type { Picture } from '../../sdk/screen/picture.js';

const thread = new JobThread<Picture, Uint8Array>(new URL('./encode.thread.js', import.meta.url));

/** Bytes of pictures after which the film strip gets half as many, again and again: ten minutes stay under 50 MB. */
const STEP_BYTES = 10 << 20;
/** Bytes after which it gets none: there are the pictures of the steps. */
const MOST_BYTES = 40 << 20;
/** Wall ms between two pictures of the film strip, to begin with. */
const STRIP_MS = 100;

export class TracePictures {
  readonly #files = new Map<string, Promise<Uint8Array>>();
  #bytes = 0;
  #strip = -Infinity;

  /** Whether the film strip has room for another picture. @param now wall ms */
  wants(now: number): boolean {
    if (this.#bytes > MOST_BYTES) return false;
    const apart = STRIP_MS * 2 ** Math.floor(this.#bytes / STEP_BYTES);
    if (now - this.#strip < apart) return false;
    this.#strip = now;
    return true;
  }

  /** @returns the name of its file in the trace; the same for the same picture */
  add({ width, height, rgba }: Picture): string {
    const digest = createHash('sha1').update(`${width}x${height} `).update(rgba).digest('hex');
    const name = `screenshots/${digest}.png`;
    if (!this.#files.has(name)) {
      const file = thread.run({ width, height, rgba });
      this.#files.set(name, file);
      void file.then(
        ({ length }) => (this.#bytes += length),
        // Whoever asks for the files hears of it.
        () => undefined,
      );
    }
    return name;
  }

  /** One that was added, when it is made. */
  async file(name: string): Promise<Uint8Array> {
    return (await this.#files.get(name)) ?? new Uint8Array();
  }

  /** All of them, when they are made. */
  async files(): Promise<[name: string, bytes: Uint8Array][]> {
    return await Promise.all(
      [...this.#files].map(async ([name, file]): Promise<[string, Uint8Array]> => [name, await file]),
    );
  }
}
