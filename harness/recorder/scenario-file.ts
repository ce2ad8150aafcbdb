/** The files of a recording: the scenario, written anew with every act, and its goldens. */
import { randomUUID } from 'node:crypto';
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { GuestwrightError } from '../../sdk/errors.js';
import type { MachineSpecInput } from '../../sdk/machine/spec.js';
import type { Frame } from '../../sdk/screen/frame.js';
import { goldenPaths, sanitiseName, type GoldenPaths } from '../goldens/paths.js';
import { encodeGolden, writeGolden } from '../goldens/store.js';
import type { Act } from './acts.js';
import { wordScenario } from './word-scenario.js';

export interface ScenarioFileOptions {
  /** Folder of the project: goldens are in a folder of it. */
  root: string;
  /** Path of the scenario. */
  file: string;
  /** A file that is there may be overwritten. */
  force: boolean;
  title: string;
  guest: string | null;
  /** Goldens are kept by it. */
  goldenGuest: string;
  machineSpec: MachineSpecInput | null;
}

export class ScenarioFile {
  readonly #options: ScenarioFileOptions;
  /** Goldens of this recording. */
  readonly #goldens = new Set<string>();
  #isWritten = false;
  #code = '';

  private constructor(options: ScenarioFileOptions) {
    this.#options = options;
    this.#code = wordScenario({ ...options, acts: [] });
  }

  /** @throws GuestwrightError `usage/scenario-exists`, `usage/scenario-name` */
  static async open(options: ScenarioFileOptions): Promise<ScenarioFile> {
    const { file, force } = options;
    if (!/\.(spec|test)\.[cm]?ts$/.test(file)) throw noScenarioName(file);
    if (!force && (await isThere(file))) throw exists(file);
    return new ScenarioFile(options);
  }

  get code(): string {
    return this.#code;
  }

  /** Nothing has been recorded: there is no file. */
  get isWritten(): boolean {
    return this.#isWritten;
  }

  async write(acts: readonly Act[]): Promise<void> {
    const { file } = this.#options;
    this.#code = wordScenario({ ...this.#options, acts });
    if (acts.length === 0 && !this.#isWritten) return;
    await mkdir(path.dirname(file), { recursive: true });
    const beside = `${file}.${randomUUID()}.part`;
    try {
      await writeFile(beside, this.#code);
      await rename(beside, file);
    } catch (error) {
      await rm(beside, { force: true });
      throw error;
    }
    this.#isWritten = true;
  }

  /** A name that is not taken. @throws GuestwrightError `usage/golden-name` */
  async freeGoldenName(wanted: string): Promise<string> {
    const base = sanitiseName(wanted) === '' ? 'screen' : sanitiseName(wanted);
    for (let number = 1; ; number++) {
      const name = number === 1 ? base : `${base}-${number}`;
      if (!this.#goldens.has(name) && (this.#options.force || !(await isThere(this.#paths(name).png)))) return name;
    }
  }

  async writeGolden(name: string, frame: Frame): Promise<void> {
    await writeGolden(this.#paths(name), encodeGolden(frame));
    this.#goldens.add(name);
  }

  async removeGolden(name: string): Promise<void> {
    if (!this.#goldens.delete(name)) return;
    const { png, txt } = this.#paths(name);
    for (const file of [png, txt]) await rm(file, { force: true });
  }

  #paths(name: string): GoldenPaths {
    const { root, goldenGuest, file } = this.#options;
    return goldenPaths({ root, guest: goldenGuest, scenario: file, name });
  }
}

async function isThere(file: string): Promise<boolean> {
  return await access(file).then(
    () => true,
    () => false,
  );
}

function noScenarioName(file: string): GuestwrightError {
  return new GuestwrightError(`${file} is no name of a scenario`, {
    kind: 'usage',
    code: 'scenario-name',
    expected: 'a file *.spec.ts: others are not run',
    seen: path.basename(file),
    next: `-o ${path.join(path.dirname(file), `${path.basename(file).split('.', 1)[0] ?? 'recorded'}.spec.ts`)}`,
  });
}

function exists(file: string): GuestwrightError {
  return new GuestwrightError(`${file} is there already`, {
    kind: 'usage',
    code: 'scenario-exists',
    expected: 'a file that is not there yet',
    seen: file,
    next: 'choose another with -o, or overwrite it with --force',
  });
}
