import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { GuestwrightError } from '../../../sdk/errors.js';
import { neededPackages, projectFiles, type ModuleKind } from './templates.js';

export interface InitResult {
  folder: string;
  written: string[];
  /** There already, and left as they were. */
  skipped: string[];
  /** Packages that the scenarios need and a `package.json` of the user's own does not name. */
  missingPackages: string[];
}

const manifestSchema = z.object({
  type: z.enum(['module', 'commonjs']).optional(),
  dependencies: z.record(z.string(), z.string()).default({}),
  devDependencies: z.record(z.string(), z.string()).default({}),
});
type Manifest = z.output<typeof manifestSchema>;

/**
 * Writes a minimal project; a file that exists is never touched.
 * @throws GuestwrightError `usage/folder-invalid`, `usage/package-json-invalid`
 */
export async function initProject(folder: string): Promise<InitResult> {
  await makeFolder(folder);
  const manifest = await readManifest(join(folder, 'package.json'));
  const result: InitResult = { folder, written: [], skipped: [], missingPackages: missingFrom(manifest) };
  for (const [path, text] of Object.entries(projectFiles(moduleKind(manifest)))) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    ((await writeNew(file, text)) ? result.written : result.skipped).push(path);
  }
  return result;
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw new GuestwrightError(`No project can be written to ${folder}`, {
      kind: 'usage',
      code: 'folder-invalid',
      expected: 'a folder, or a place where one can be made',
      seen: error instanceof Error ? error.message : String(error),
    });
  });
}

/** `wx` fails when the file is there: looking first and writing then could overwrite. */
async function writeNew(file: string, text: string): Promise<boolean> {
  try {
    await writeFile(file, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

async function readManifest(file: string): Promise<Manifest | null> {
  if (
    !(await access(file).then(
      () => true,
      () => false,
    ))
  )
    return null;
  try {
    return manifestSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    throw new GuestwrightError(`${file} cannot be read`, {
      kind: 'usage',
      code: 'package-json-invalid',
      expected: "a package.json as npm's documentation describes it",
      seen: error instanceof Error ? error.message : String(error),
      next: 'repair it, or start in another folder: guestwright init <folder>',
    });
  }
}

/** In a project of CommonJS modules, our files say by their names that they are ES modules. */
function moduleKind(manifest: Manifest | null): ModuleKind {
  return manifest === null || manifest.type === 'module' ? 'module' : 'commonjs';
}

function missingFrom(manifest: Manifest | null): string[] {
  if (manifest === null) return [];
  const named = { ...manifest.dependencies, ...manifest.devDependencies };
  return Object.keys(neededPackages()).filter((name) => !(name in named));
}
