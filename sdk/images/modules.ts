/** Picks kernel modules with what they depend on, and writes the tables that `modprobe` reads. */

/** What a module says of itself. */
export interface ModuleInfo {
  /** As the kernel names it, with underscores. */
  name: string;
  depends: string[];
  aliases: string[];
}

export interface ModuleFile extends ModuleInfo {
  /** Below `lib/modules/VERSION/`. */
  path: string;
  data: Uint8Array;
}

/** Reads the NUL-separated `key=value` strings of a module's `.modinfo` section. */
export function readModuleInfo(path: string, data: Uint8Array): ModuleInfo {
  // Latin-1 maps every byte to one character, so offsets stay true in a binary file.
  const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('latin1');
  const values = (key: string) =>
    [...text.matchAll(new RegExp(`\\0${key}=([\\x20-\\x7e]*)(?=\\0)`, 'g'))].map((match) => match[1] ?? '');
  return {
    name: moduleName(path),
    depends: values('depends').flatMap((list) => list.split(',').filter(Boolean).map(underscored)),
    aliases: values('alias'),
  };
}

export function moduleName(path: string): string {
  return underscored(path.slice(path.lastIndexOf('/') + 1).replace(/\.ko$/, ''));
}

function underscored(name: string): string {
  return name.replaceAll('-', '_');
}

/**
 * The wanted modules and all they depend on, each after its dependencies, in an order that is the same every time.
 *
 * @param paths every module of the kernel package
 */
export async function collectModules(
  wanted: readonly string[],
  paths: readonly string[],
  read: (path: string) => Promise<Uint8Array>,
): Promise<ModuleFile[]> {
  const byName = new Map(paths.filter((path) => path.endsWith('.ko')).map((path) => [moduleName(path), path]));
  const collected = new Map<string, ModuleFile>();
  const collect = async (name: string): Promise<void> => {
    if (collected.has(name)) return;
    const path = byName.get(name);
    if (path === undefined) throw new RangeError(`The kernel package has no module ${name}`);
    const data = await read(path);
    const info = readModuleInfo(path, data);
    for (const dependency of info.depends) await collect(dependency);
    collected.set(name, { ...info, path: path.replace(/^.*lib\/modules\/[^/]+\//, ''), data: withoutSignature(data) });
  };
  for (const name of wanted) await collect(underscored(name));
  return [...collected.values()];
}

/** `modules.dep`: each module's path, then those of everything it needs, nearest first. */
export function modulesDep(modules: readonly ModuleFile[]): string {
  const byName = new Map(modules.map((module) => [module.name, module]));
  const needed = (module: ModuleFile): ModuleFile[] =>
    module.depends.flatMap((name) => {
      const dependency = byName.get(name);
      return dependency ? [dependency, ...needed(dependency)] : [];
    });
  return modules
    .map((module) => {
      const paths = new Set(needed(module).map(({ path }) => path));
      return `${module.path}:${[...paths].map((path) => ` ${path}`).join('')}\n`;
    })
    .join('');
}

/** `modules.alias`: by which other names the kernel asks for a module, for example `fs-ext4`. */
export function modulesAlias(modules: readonly ModuleFile[]): string {
  return modules.flatMap(({ name, aliases }) => aliases.map((alias) => `alias ${alias} ${name}\n`)).join('');
}

const SIGNATURE_MAGIC = '~Module signature appended~\n';

/**
 * Cuts off the signature at a module's end, so that the guest does not spend its time on checking it. The file ends
 * in the signature, 12 bytes about it (the last four its length, big-endian) and a magic string.
 */
export function withoutSignature(data: Uint8Array): Uint8Array {
  const end = data.length - SIGNATURE_MAGIC.length;
  if (end < 12 || Buffer.from(data.subarray(end)).toString('latin1') !== SIGNATURE_MAGIC) return data;
  const length = new DataView(data.buffer, data.byteOffset + end - 4, 4).getUint32(0);
  return data.subarray(0, end - 12 - length);
}
