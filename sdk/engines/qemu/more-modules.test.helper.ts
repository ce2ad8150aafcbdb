/** The image linux-busybox with more of its kernel's modules: the image itself has only what most guests need. */
import { readFile, writeFile } from 'node:fs/promises';
import { contextOfPackages } from '../../images/context.js';
import { writeCpio } from '../../images/cpio.js';
import { DebianArchive } from '../../images/debian.js';
import { cacheFolder } from '../../images/files.js';
import { resolveFileRef } from '../../images/index.js';
import { collectModules } from '../../images/modules.js';
import { KERNEL_PACKAGE } from '../../images/recipes/guest-system.js';
import { linuxBusybox } from '../../images/recipes/linux-busybox.js';
import { entryInCache } from '../../images/refs.js';

/** Loads them, in the guest: each after what it needs. */
export const LOAD_MODULES = 'for module in /more/*; do insmod "$module"; done';

/**
 * Writes an initrd.
 * @param wanted modules; what they depend on comes with them
 * @param scratch a folder of the test's
 */
export async function initrdWithModules(wanted: readonly string[], file: string, scratch: string): Promise<void> {
  // Builds the image first where it is not there.
  const { path } = await resolveFileRef('linux-busybox:initrd');
  const entry = await entryInCache('linux-busybox');
  if (entry.source !== 'recipe') throw new Error('the image linux-busybox here is not of its recipe');
  const archive = new DebianArchive(cacheFolder(), 'i386', () => undefined);
  const fetched = await archive.fetch(entry.packages);
  if (fetched.kind !== 'fetched') throw new Error('the packages of linux-busybox are no longer to be had');
  const packages = entry.packages.map((pin) => ({ ...pin, deb: fetched.files.get(pin.name) ?? '' }));
  const room = { scratch, onProgress: () => undefined };
  const { list, read } = contextOfPackages(linuxBusybox, packages, archive, room);
  const paths = await list(KERNEL_PACKAGE, 'lib/modules');
  const modules = await collectModules(wanted, paths, async (name) => await read(KERNEL_PACKAGE, name));
  const more = writeCpio([
    { type: 'directory', path: 'more', mode: 0o755 },
    ...modules.map(({ name, data }, index) => ({
      type: 'file' as const,
      path: `more/${String(index).padStart(2, '0')}-${name}.ko`,
      mode: 0o644,
      data,
    })),
  ]);
  // The kernel unpacks one archive after the other.
  await writeFile(file, Buffer.concat([await readFile(path), more]));
}
