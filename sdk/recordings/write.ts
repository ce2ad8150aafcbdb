/** Where a machine's recording is made: in its run directory, until it is whole. */
import { randomUUID } from 'node:crypto';
import { cp, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { RunRecording } from '../engines/engine.js';
import type { RecordedRun } from '../engines/recorded-run.js';
import { GuestwrightError } from '../errors.js';
import type { MachineSpec } from '../machine/spec.js';
import { digestOf, MANIFEST_FILE, MANIFEST_VERSION, specOfRecording, type Manifest } from './manifest.js';

export class RecordingWriter implements RunRecording {
  /** For the logs, while the machine runs. */
  readonly folder: string;
  readonly #target: string;
  readonly #machine: { name: string; spec: MachineSpec };

  private constructor(folder: string, target: string, machine: { name: string; spec: MachineSpec }) {
    this.folder = folder;
    this.#target = target;
    this.#machine = machine;
  }

  /**
   * @param target the folder that the recording is to be
   * @throws GuestwrightError `usage/recording-folder-missing` without a target, `usage/recording-exists` when it is there
   */
  static async begin(
    target: string | undefined,
    { runDirectory, ...machine }: { runDirectory: string; name: string; spec: MachineSpec },
  ): Promise<RecordingWriter> {
    if (target === undefined) throw folderMissing();
    const absolute = path.resolve(target);
    if (await isThere(absolute)) throw exists(target);
    const folder = path.join(runDirectory, 'recording');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return new RecordingWriter(folder, absolute, machine);
  }

  /** The recording appears whole, under its name, or not at all. */
  readonly done = async (run: RecordedRun): Promise<void> => {
    const { name, spec } = this.#machine;
    const digests: Record<string, string> = {};
    for (const { log } of run.segments) digests[log] = await digestOf(path.join(this.folder, log));
    const manifest: Manifest = {
      format: 'guestwright-recording',
      version: MANIFEST_VERSION,
      name: name.slice(0, 200),
      spec: specOfRecording(spec),
      digests,
      run,
    };
    await writeFile(path.join(this.folder, MANIFEST_FILE), `${JSON.stringify(manifest)}\n`);
    const beside = `${this.#target}.${randomUUID().slice(0, 8)}.part`;
    await mkdir(path.dirname(this.#target), { recursive: true });
    try {
      // The run directory may be on another file system.
      await cp(this.folder, beside, { recursive: true });
      await rename(beside, this.#target);
    } finally {
      await rm(beside, { recursive: true, force: true });
      await this.abandon();
    }
  };

  async abandon(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function isThere(file: string): Promise<boolean> {
  return await stat(file).then(
    () => true,
    () => false,
  );
}

function folderMissing(): GuestwrightError {
  return new GuestwrightError('A machine that is recorded needs a place for its recording', {
    kind: 'usage',
    code: 'recording-folder-missing',
    expected: 'launch(spec, { recording: "folder" }); scenarios get one by themselves',
    seen: 'a spec with `record: true` and no folder',
    next: 'name a folder that is not there yet',
  });
}

function exists(target: string): GuestwrightError {
  return new GuestwrightError(`There is something at ${target} already`, {
    kind: 'usage',
    code: 'recording-exists',
    expected: 'the name of a folder that is not there yet',
    seen: target,
    next: 'remove it, or name another folder for the recording',
  });
}
