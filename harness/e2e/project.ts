/** A user's project in a temporary folder, and Playwright run in it: for tests that read what a user reads. */
import { execa } from 'execa';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import type { Failure } from '../../sdk/errors.js';
import type { Summary } from '../reporters/tally.js';

const PACKAGE = fileURLToPath(new URL('../../../', import.meta.url));
const require = createRequire(import.meta.url);

export interface RunResult {
  exitCode: number;
  /** What a person saw: both streams, without colours. */
  output: string;
  /** As it came. */
  raw: string;
  /** Null when the run did not come to its end. */
  summary: Summary | null;
}

export interface Project extends AsyncDisposable {
  folder: string;
  write(file: string, content: string | Uint8Array): Promise<void>;
  read(file: string): Promise<string>;
  remove(file: string): Promise<void>;
  /** `playwright test` with these arguments. */
  run(...args: string[]): Promise<RunResult>;
  /** The same, to be killed: `pid` is the runner's. */
  start(...args: string[]): { pid: number; ended: Promise<RunResult> };
  /** Folder for temporary files of the runs. */
  temporary: string;
}

const CONFIG = `
import { defineConfig, defineGuests } from 'guestwright';
export default defineConfig({ workers: 1, projects: defineGuests({ guests: { tiny: { spec: { memory: 8 } } } }) });
`;

/** What the terminal said about one failed scenario. */
export function said({ output }: RunResult, title: string): string {
  // Playwright adds the failed step to the title, and fills the line up.
  const heading = new RegExp(`› ${title}( › .*?)? *─*$`);
  const part = output.split(/^ {2}\d+\) /m).find((text) => heading.test(text.split('\n')[0] ?? ''));
  if (part === undefined) throw new Error(`Nothing was said about "${title}":\n${output}`);
  return part.replace(/^ {4}/gm, '');
}

/** What the summary says about one failed scenario. */
export function noted({ output, summary }: RunResult, title: string): Failure {
  const found = summary?.failures.find((failed) => failed.title.endsWith(`› ${title}`));
  if (found === undefined) throw new Error(`Nothing was noted about "${title}":\n${output}`);
  return found.failure;
}

/** @param files by path; a `playwright.config.ts` with the guest `tiny` is there unless it is given */
export async function makeProject(files: Record<string, string | Uint8Array>): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), 'guestwright-e2e-'));
  const project: Project = {
    folder,
    async write(file, content) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), content);
    },
    read: async (file) => await readFile(join(folder, file), 'utf8'),
    remove: async (file) => await rm(join(folder, file), { force: true }),
    run: async (...args) => await runPlaywright(folder, args).ended,
    start: (...args) => runPlaywright(folder, args),
    temporary: join(folder, 'tmp'),
    [Symbol.asyncDispose]: async () => await rm(folder, { recursive: true, force: true }),
  };
  const modules = join(folder, 'node_modules');
  await mkdir(modules);
  await mkdir(project.temporary);
  await symlink(PACKAGE, join(modules, 'guestwright'), 'dir');
  await symlink(
    dirname(dirname(require.resolve('@playwright/test/package.json'))),
    join(modules, '@playwright'),
    'dir',
  );
  const all = { 'package.json': '{ "type": "module" }', 'playwright.config.ts': CONFIG, ...files };
  for (const [file, content] of Object.entries(all)) await project.write(file, content);
  return project;
}

function runPlaywright(folder: string, args: string[]): { pid: number; ended: Promise<RunResult> } {
  const file = join(folder, 'reports', 'summary.json');
  const runner = execa(process.execPath, [require.resolve('@playwright/test/cli'), 'test', ...args], {
    cwd: folder,
    all: true,
    reject: false,
    env: {
      NO_COLOR: '1',
      FORCE_COLOR: '0',
      TMPDIR: join(folder, 'tmp'),
      // Linked, not installed, the package is compiled by Playwright once more: once for all tests is enough.
      PLAYWRIGHT_TRANSFORM_CACHE_DIR: join(PACKAGE, 'node_modules', '.cache', 'playwright-transform'),
      // Nothing of the test runner that this runs in.
      NODE_OPTIONS: '',
      CI: '',
    },
  });
  const ended = runner.then(async ({ exitCode, all }) => ({
    exitCode: exitCode ?? -1,
    output: stripVTControlCharacters(all),
    raw: all,
    summary: await readSummary(file),
  }));
  return { pid: runner.pid ?? -1, ended };
}

async function readSummary(file: string): Promise<Summary | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Summary;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
