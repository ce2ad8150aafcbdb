/** `guestwright ci init`: writes a pipeline into a project. */
import { randomUUID } from 'node:crypto';
import { access, link, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { GuestwrightError } from '../../../sdk/errors.js';
import { PIPELINES, type Provider } from './pipelines.js';

export interface WriteOptions {
  /** The project's. */
  folder: string;
  provider: Provider;
  shards: number;
  qemu: boolean;
  /** Overwrite what is there. */
  force: boolean;
}

const CONFIGS = ['ts', 'mts', 'cts', 'js', 'mjs', 'cjs'].map((ending) => `playwright.config.${ending}`);

/**
 * @returns the file, a path in the project
 * @throws GuestwrightError `usage/project-missing`, `usage/pipeline-exists`, `usage/pipeline-not-written`
 */
export async function writePipeline({ folder, provider, shards, qemu, force }: WriteOptions): Promise<string> {
  const config = await findConfig(folder);
  const { file, text } = PIPELINES[provider];
  const target = join(folder, file);
  try {
    await mkdir(dirname(target), { recursive: true });
    await writeWhole(target, text({ shards, qemu, config }), force);
  } catch (error) {
    throw pipelineError(file, provider, error);
  }
  return file;
}

export function wordWritten(file: string): string {
  return `  written  ${file}

Next:
  commit it, with package-lock.json and, where the project has images of the catalogue, images.lock
  docs/ci.md of the package says what the pipeline does and what to change
`;
}

async function findConfig(folder: string): Promise<string> {
  for (const name of CONFIGS) {
    const there = await access(join(folder, name)).then(
      () => true,
      () => false,
    );
    if (there) return name;
  }
  throw new GuestwrightError(`There is no project in ${folder}`, {
    kind: 'usage',
    code: 'project-missing',
    expected: 'a playwright.config.ts, which the pipeline runs',
    next: 'go to the folder of the project, or make one: guestwright init',
  });
}

/** Written beside first. A link fails when the file is there: looking first and renaming then could overwrite. */
async function writeWhole(file: string, text: string, force: boolean): Promise<void> {
  const beside = `${file}.${randomUUID()}.part`;
  try {
    await writeFile(beside, text);
    await (force ? rename(beside, file) : link(beside, file));
  } finally {
    await rm(beside, { force: true });
  }
}

function pipelineError(file: string, provider: Provider, error: unknown): GuestwrightError {
  if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
    return new GuestwrightError(`${file} is there already`, {
      kind: 'usage',
      code: 'pipeline-exists',
      expected: 'a project without one: it may hold work of yours',
      next: `guestwright ci init ${provider} --force overwrites it`,
    });
  }
  return new GuestwrightError(`${file} was not written`, {
    kind: 'usage',
    code: 'pipeline-not-written',
    expected: 'a folder that can be written to',
    seen: error instanceof Error ? error.message : String(error),
  });
}
