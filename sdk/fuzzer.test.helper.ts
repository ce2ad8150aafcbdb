/** Fuzzing in processes of their own, of compiled modules as they are and of copies with a bug in them. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { z } from 'zod';

export interface Found {
  seed: number;
  what: string;
}

const SDK = fileURLToPath(new URL('./', import.meta.url));
const PROCESSES = 2;
const FIRST_SEED = 1_000_000;
const found = z.array(z.object({ seed: z.number(), what: z.string() }));

export interface FuzzerParts {
  /** URL of the module with `runCase`. */
  cases: URL;
  /** Folder of the modules that are tried, in `sdk`. */
  modules: string;
  /** The one of them that is given to `runCase`. */
  target: string;
  /** What they need beside them, in `sdk`. */
  needs: readonly string[];
}

/** A bug in the compiled text of a module: `text` becomes `bug`. */
export interface Planted {
  name: string;
  module: string;
  text: string;
  bug: string;
}

export class Fuzzer {
  readonly #parts: FuzzerParts;

  constructor(parts: FuzzerParts) {
    this.#parts = parts;
  }

  /** The modules as they are. @returns what so many cases found; it gives up after a few finds */
  async run(cases: number): Promise<Found[]> {
    const { modules, target } = this.#parts;
    const url = pathToFileURL(join(SDK, modules, target)).href;
    const each = cases / PROCESSES;
    const runs = Array.from(
      { length: PROCESSES },
      async (_, i) => await this.#fuzz(url, FIRST_SEED + i * each, each, 5),
    );
    return (await Promise.all(runs)).flat();
  }

  /**
   * A copy with a bug in it, up to the first find.
   * @param folder for the copy
   * @throws Error when the text is not once in the module
   */
  async runPlanted({ module, text, bug }: Omit<Planted, 'name'>, cases: number, folder: string): Promise<Found[]> {
    const { modules, target, needs } = this.#parts;
    const copy = join(folder, 'sdk');
    for (const part of [...needs, modules]) cpSync(join(SDK, part), join(copy, part), { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    const path = join(copy, modules, module);
    const pieces = readFileSync(path, 'utf8').split(text);
    if (pieces.length !== 2) throw new Error(`${module} has ${pieces.length - 1} times: ${text}`);
    writeFileSync(path, pieces.join(bug));
    return await this.#fuzz(pathToFileURL(join(copy, modules, target)).href, 1, cases, 1);
  }

  async #fuzz(url: string, first: number, count: number, most: number): Promise<Found[]> {
    const script = join(SDK, 'fuzzer.test.process.js');
    const args = [script, this.#parts.cases.href, url, `${first}`, `${count}`, `${most}`];
    const { stdout } = await execa(process.execPath, args);
    return found.parse(JSON.parse(stdout));
  }
}
