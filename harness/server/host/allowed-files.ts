/**
 * Which files of the host its machines may be made of. Whoever may change a machine names files, and a guest reads what is in
 * them: where that is not everybody's, only those in some folders are opened, wherever links and images lead.
 */
import { realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { diskChain } from '../../../sdk/disks/index.js';
import { GuestwrightError } from '../../../sdk/errors.js';
import { exists, isMissing } from '../../../sdk/images/files.js';
import { parseImageRef } from '../../../sdk/images/refs.js';
import { parseSpec, type MachineSpec } from '../../../sdk/machine/spec.js';
import { fontNames } from '../../../sdk/reading/fonts/index.js';

/** A file, as a spec or a call names it. */
interface Named {
  /** For messages: the field. */
  field: string;
  /** A catalogue image, or a path; relative ones start at the machine's folder. */
  ref: string;
  /** A disk's image may name others. */
  isDisk?: true;
}

export class AllowedFiles {
  /** Real paths; null: any file. */
  readonly folders: readonly string[] | null;

  private constructor(folders: readonly string[] | null) {
    this.folders = folders;
  }

  static any(): AllowedFiles {
    return new AllowedFiles(null);
  }

  /** Those in the folders; of each machine also those in its own; and the catalogue. @throws GuestwrightError `usage/file-missing` */
  static async in(folders: readonly string[]): Promise<AllowedFiles> {
    return new AllowedFiles(await Promise.all(folders.map(realFolder)));
  }

  /** @param folder of the machine. @throws GuestwrightError `usage/spec-invalid`, `usage/file-not-allowed`; as `diskChain` */
  async assertSpec(spec: Record<string, unknown>, folder: string): Promise<void> {
    if (this.folders === null) return;
    for (const named of filesOf(parseSpec(spec))) await this.#assert(named, folder);
  }

  /** @param folder of the machine. @throws GuestwrightError `usage/file-not-allowed` */
  async assertMedium(ref: string | null, folder: string): Promise<void> {
    if (ref !== null) await this.#assert({ field: 'medium', ref }, folder);
  }

  /** Of a machine that is to be taken over. @throws GuestwrightError `usage/file-not-allowed` */
  async assertFolder(path: string): Promise<void> {
    if (this.folders !== null && !isWithin(await realPlace(path), this.folders)) throw this.#notAllowed('folder', path);
  }

  async #assert({ field, ref, isDisk }: Named, machineFolder: string): Promise<void> {
    if (this.folders === null || parseImageRef(ref) !== null) return;
    const allowed = [await realPlace(machineFolder), ...this.folders];
    const path = resolve(machineFolder, ref);
    if (!isWithin(await realPlace(path), allowed)) throw this.#notAllowed(field, ref);
    if (isDisk !== true || !(await exists(path))) return;
    for (const link of diskChain(path)) {
      if (!isWithin(await realPlace(link.path), allowed)) throw this.#notAllowed(field, link.path);
    }
  }

  /** In the same words whether there is such a file or not. */
  #notAllowed(field: string, ref: string): GuestwrightError {
    const folders = this.folders ?? [];
    return new GuestwrightError(`Machines of this host may not use ${ref}`, {
      kind: 'usage',
      code: 'file-not-allowed',
      expected: ['an image of the catalogue, a file in the folder of the machine', ...folders].join(', or in '),
      seen: `${field}: ${ref}`,
      next: 'name another file, or have the host served with --images-from FOLDER',
    });
  }
}

/** Every file that a machine is made of. A field that names files and is not here would be a way around all of this. */
function filesOf({ floppy, cdrom, disks, kernel, fonts, network }: MachineSpec): Named[] {
  const media = { floppy, cdrom, 'kernel.path': kernel?.path, 'kernel.initrd': kernel?.initrd };
  const named = Object.entries(media).flatMap(([field, ref]) => (typeof ref === 'string' ? [{ field, ref }] : []));
  const images = disks.flatMap((disk, i): Named[] =>
    'path' in disk ? [{ field: `disks.${i}.path`, ref: disk.path, isDisk: true }] : [],
  );
  const known = new Set(fontNames());
  const fontFiles = fonts.filter((name) => !known.has(name)).map((ref) => ({ field: 'fonts', ref }));
  const folder = typeof network === 'object' ? network.tftp?.folder : undefined;
  const tftp = folder === undefined ? [] : [{ field: 'network.tftp.folder', ref: folder }];
  return [...named, ...images, ...fontFiles, ...tftp];
}

/** Where a path leads, through all links; of what is not there, where it would be. Null: nobody can say. */
async function realPlace(path: string): Promise<string | null> {
  try {
    return await realpath(path);
  } catch (error) {
    const parent = dirname(path);
    if (!isMissing(error) || parent === path) return null;
    const place = await realPlace(parent);
    return place === null ? null : join(place, basename(path));
  }
}

function isWithin(path: string | null, folders: readonly (string | null)[]): boolean {
  return folders.some((folder) => {
    if (path === null || folder === null) return false;
    const way = relative(folder, path);
    return way === '' || (way !== '..' && !way.startsWith('../') && !isAbsolute(way));
  });
}

async function realFolder(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    throw new GuestwrightError(`There is no folder ${path}`, {
      kind: 'usage',
      code: 'file-missing',
      expected: 'a folder with images',
      seen: error instanceof Error ? error.message : String(error),
      next: 'correct --images-from',
    });
  }
}
