/** The trace of a machine while its test runs: files in the folder that Playwright's UI mode reads again and again. */
import { appendFile, mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TraceEvent } from './events.js';

export class LiveTrace {
  readonly #folder: string;
  readonly #file: string;
  readonly #kept = new Set<string>();
  #written: Promise<void> = Promise.resolve();
  /** The disk is full, or the folder has gone: the trace that the test leaves is not touched by that. */
  #isBroken = false;

  /** @param name of the trace; begins with the test's id, by which the UI mode finds it */
  constructor(folder: string, name: string) {
    this.#folder = folder;
    this.#file = join(folder, `${name}.trace`);
  }

  /** A file that later events name: it is there before they are. The same name is the same content. */
  keep(name: string, content: Promise<Uint8Array | string>): void {
    if (this.#kept.has(name)) return;
    this.#kept.add(name);
    // Awaited in order below; until then its failure has no other listener.
    content.catch(() => undefined);
    this.#then(async () => {
      const path = join(this.#folder, name);
      await mkdir(dirname(path), { recursive: true });
      // Tests of one worker share the folder: a picture of another's is replaced whole.
      const beside = `${path}.${process.pid}.part`;
      await writeFile(beside, await content);
      await rename(beside, path);
    });
  }

  add(event: TraceEvent): void {
    this.#then(async () => {
      await mkdir(this.#folder, { recursive: true });
      await appendFile(this.#file, `${JSON.stringify(event)}\n`);
    });
  }

  /** Everything so far is in the files. */
  async settled(): Promise<void> {
    await this.#written;
  }

  #then(write: () => Promise<void>): void {
    this.#written = this.#written.then(async () => {
      if (this.#isBroken) return;
      try {
        await write();
      } catch {
        this.#isBroken = true;
      }
    });
  }
}
