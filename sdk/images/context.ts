/** What a recipe builds with: the files of its packages, a few tools, and a folder to work in. */
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import type { DebianArchive, Progress } from './debian.js';
import { exists } from './files.js';
import type { BuildContext, FetchedPackage, Recipe } from './recipe.js';
import { runTool } from './tools.js';
import { unpack } from './unpack.js';

/** What a build works in: a folder that is gone afterwards, and someone to tell how far it is. */
export interface Room {
  scratch: string;
  onProgress: Progress;
}

/** Packages are unpacked when they are first read: of some recipes' hundreds only a few are. */
export function contextOfPackages(
  recipe: Recipe,
  packages: readonly FetchedPackage[],
  archive: Pick<DebianArchive, 'extract'>,
  { scratch, onProgress }: Room,
): BuildContext {
  const folders = new Map<string, Promise<string>>();
  const unpackInto = async ({ name, deb }: FetchedPackage): Promise<string> => {
    onProgress(`unpacking ${name}`);
    const folder = join(scratch, 'packages', name);
    await mkdir(folder, { recursive: true });
    await archive.extract(deb, folder);
    return folder;
  };
  const unpacked = async (requested: string): Promise<string> => {
    const request = recipe.packages.find(({ name }) => name === requested);
    const real = packages.find(({ name }) => (request?.follow ? request.follow.test(name) : name === requested));
    if (real === undefined) throw new TypeError(`${recipe.name} does not ask for a package ${requested}`);
    const folder = folders.get(real.name) ?? unpackInto(real);
    folders.set(real.name, folder);
    return await folder;
  };
  return {
    packages,
    scratch,
    onProgress,
    unpacked,
    read: async (name, path) => await readersBelow(await unpacked(name)).read(name, path),
    list: async (name, folder) => await readersBelow(await unpacked(name)).list(name, folder),
    perl: async ({ packageName, path, inside, args }) =>
      await runPerl(join(await unpacked(packageName), path), args, { cwd: await unpacked(inside) }),
    ...unpackers(scratch),
  };
}

/** The files of every package that is installed lie below the same root. */
export function contextOfInstalled(recipe: Recipe, { scratch, onProgress }: Room): BuildContext {
  return {
    packages: [],
    scratch,
    onProgress,
    unpacked: () => Promise.resolve('/'),
    ...readersBelow('/', recipe.anySource?.folders ?? []),
    perl: ({ path, args }) => runPerl(join('/', path), args, { cwd: '/' }),
    ...unpackers(scratch),
  };
}

async function runPerl(script: string, args: readonly string[], { cwd }: { cwd: string }): Promise<string> {
  // Without these the order of hashes, which may show in what is printed, is another at every run.
  const env = { PERL_HASH_SEED: '0', PERL_PERTURB_KEYS: '0' };
  return (await runTool('perl', [script, ...args], { cwd, env })).stdout;
}

/** @param folders where else files are looked for by their names */
function readersBelow(base: string, folders: readonly string[] = []): Pick<BuildContext, 'read' | 'list'> {
  return {
    async read(_name, path) {
      for (const candidate of [join(base, path), ...folders.map((folder) => join(folder, basename(path)))]) {
        if (await exists(candidate)) return await readFile(candidate);
      }
      return await readFile(join(base, path));
    },
    async list(_name, folder) {
      const entries = await readdir(join(base, folder), { recursive: true, withFileTypes: true });
      return entries
        .filter((entry) => entry.isFile())
        .map((entry) => relative(base, join(entry.parentPath, entry.name)))
        .sort();
    },
  };
}

function unpackers(scratch: string): Pick<BuildContext, 'unxz' | 'unlzma'> {
  return {
    unxz: (data) => unpack(data, 'xz', scratch),
    unlzma: (data) => unpack(data, 'lzma', scratch),
  };
}
