/** The pictures of a run, unpacked when they are looked at. */
import { useEffect, useState } from 'preact/hooks';
import type { RunArchive } from './run-archive.js';

export class Screens {
  readonly #archive: RunArchive;
  readonly #addresses = new Map<string, Promise<string | null>>();
  #isOver = false;

  constructor(archive: RunArchive) {
    this.#archive = archive;
  }

  /** Null: it is not in the run, or damaged. */
  async address(digest: string): Promise<string | null> {
    const known = this.#addresses.get(digest);
    if (known !== undefined) return await known;
    const address = this.#make(digest);
    this.#addresses.set(digest, address);
    return await address;
  }

  async #make(digest: string): Promise<string | null> {
    const bytes = await this.#archive.read(`screens/${digest}.png`).catch(() => null);
    return bytes === null || this.#isOver ? null : URL.createObjectURL(new Blob([bytes], { type: 'image/png' }));
  }

  /** Gives the memory of all of them back. */
  end(): void {
    this.#isOver = true;
    for (const address of this.#addresses.values()) {
      void address.then((made) => {
        if (made !== null) URL.revokeObjectURL(made);
      });
    }
  }
}

/** @param digest null: none. @returns undefined until it is there; null: there is none */
export function useScreen(screens: Screens, digest: string | null): string | null | undefined {
  const [shown, show] = useState<string | null>();
  useEffect(() => {
    let isOver = false;
    void (digest === null ? Promise.resolve(null) : screens.address(digest)).then((address) => {
      if (!isOver) show(address);
    });
    return () => {
      isOver = true;
    };
  }, [screens, digest]);
  return shown;
}
